// What of a call's arguments and result the log keeps, by tool and principal.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "execlog/digest.h"

namespace larkspur::execlog {

enum class Capture : unsigned char {
  kNone,    // their sizes
  kDigest,  // and their digests
  kFull,    // and, apart from the record, their text, redacted
};

struct CaptureRule {
  std::vector<std::string> tools;       // published names; '*' stands for any text; empty: all
  std::vector<std::string> principals;  // in the same way
  Capture capture = Capture::kDigest;
};

// Immutable; any thread.
class CapturePolicy {
 public:
  CapturePolicy(Digester digester, Capture otherwise = Capture::kDigest,
                std::vector<CaptureRule> rules = {})
      : digester_(std::make_shared<const Digester>(std::move(digester))),
        otherwise_(otherwise),
        rules_(std::move(rules)) {}

  // By the first rule that fits.
  Capture of(std::string_view tool, std::string_view principal) const;
  const std::shared_ptr<const Digester>& digester() const { return digester_; }

 private:
  std::shared_ptr<const Digester> digester_;
  Capture otherwise_;
  std::vector<CaptureRule> rules_;
};

}  // namespace larkspur::execlog
