// kubectl's flags, as far as they are let through (flags.def).
#pragma once

#include <string_view>
#include <vector>

namespace larkspur::ops {

enum class FlagTakes : unsigned char { kNone, kValue, kOptional };

enum class FlagRule : unsigned char {
  kPlain,
  kGlobal,       // plain, and may stand before the command
  kForbidden,    // says which cluster or as whom, or reaches into Larkspur's machine
  kWritesFile,   // on Larkspur's machine
  kReadsFile,    // of Larkspur's machine, or from an address
  kFilename,     // "-" only: the manifest that came with the call
  kInteractive,  // wants somebody at a terminal
  kStreams,      // does not end by itself
  kOutput,
  kTemplate,  // can show any field of an object
  kFor,       // of wait; can ask for any field
  kRaw,       // a path of the API
  kVerbosity,
  kSensitive,  // shows credentials
};

struct FlagInfo {
  std::string_view name;  // without the dashes
  char letter;            // ' ' for none
  FlagTakes takes;
  FlagRule rule;
};

// What a name or a letter means to this command ("" before there is one): -f follows logs and names
// files elsewhere. nullptr: unknown. kubectl takes no abbreviations, and minds case.
const FlagInfo* long_flag(std::string_view name, std::string_view verb);
const FlagInfo* short_flag(char letter, std::string_view verb);

std::vector<std::string_view> flag_names();

}  // namespace larkspur::ops
