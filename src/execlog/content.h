// The texts of a call, on their way to the store: what it was asked, what it answered. The call
// path only copies them; the writer's thread takes the secrets out, names them by their hash and
// puts the names into the record.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "execlog/record.h"
#include "execlog/store.h"

namespace larkspur::execlog {

enum class ContentOf : unsigned char {
  kArguments,  // JSON
  kResult,     // JSON
  kTools,      // the definitions that a script could see, JSON; no call's data, kept as it is
};

struct Content {
  ContentOf what;
  std::string text;
};

// How long one such text may be; a longer one is not kept, and dropped.contents says so.
inline constexpr std::size_t kMaxContentBytes = std::size_t{4} << 20;

// Turns `contents` into blobs and names them in `record`. May take long: the writer's thread.
std::vector<Blob> settle(std::vector<Content> contents, Record& record);

}  // namespace larkspur::execlog
