// A command that is let through must be let through again in its canonical form, as the same
// command: otherwise what runs is not what was decided about.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ops/kubernetes/policy.h"
#include "ops/kubernetes/secret_mask.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur::ops;
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const bool write : {false, true}) {
    const KubectlRules rules{.allow_write = write, .raw_paths = {"/healthz"}};
    const auto admitted = admit_command(text, rules, true);
    if (!admitted) continue;
    std::string again;
    for (const std::string& word : admitted->canonical()) {
      again += "'";
      for (const char c : word) {
        if (c == '\'') {
          again += "'\\''";
        } else {
          again += c;
        }
      }
      again += "' ";
    }
    const auto second = admit_command(again, rules, true);
    if (!second || second->canonical() != admitted->canonical() ||
        second->verb_class != admitted->verb_class)
      std::abort();
  }
  const std::string masked = mask_secrets(text);
  if (mask_secrets(masked) != masked) std::abort();
  const std::string difference = mask_diff(text);
  if (mask_diff(difference) != difference) std::abort();
  return 0;
}
