// Takes the very secrets that a request was made with out of what came back: services and proxies
// echo requests, in error pages above all. Redaction in the log goes by shape; this goes by value,
// and before anybody reads the answer, so that neither a caller nor a record gets to see it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "call/outside.h"
#include "execlog/secret.h"

namespace larkspur::ops {

// The spellings in which some secrets may come back: as they are, in a URL, in JSON with escaped
// slashes, and, where one is base64 (the key in a kubeconfig), decoded. Any thread.
class Scrubber {
 public:
  Scrubber() = default;
  // Secrets of less than 8 bytes are left alone: they are none, and their text is everywhere.
  explicit Scrubber(std::initializer_list<const execlog::Secret*> secrets);
  void add(std::string_view secret);

  // Each occurrence becomes "[REDACTED]". One search per spelling.
  void scrub(std::string& text) const;
  void scrub(call::HttpFields& headers) const;  // their values
  void scrub(call::HttpAnswer& answer) const;   // headers and body

 private:
  std::vector<execlog::Secret> spellings_;  // longest first
};

}  // namespace larkspur::ops
