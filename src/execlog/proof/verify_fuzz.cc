// What `log verify` reads from a disk that it cannot trust: checkpoints, heads, tombstones, and a
// whole partition.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "execlog/proof/checkpoint.h"
#include "execlog/proof/verify.h"
#include "execlog/store/retention.h"

namespace {

using namespace larkspur::execlog;

// A directory of this process, with the input as its only partition.
const std::string& directory() {
  static const std::string made = [] {
    std::string pattern = std::filesystem::temp_directory_path() / "verify-fuzz-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    return pattern;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // What is read is what would be written.
  if (const auto checkpoint = parse_checkpoint(text)) {
    if (to_text(*checkpoint) != text) std::abort();
  }
  if (const auto head = parse_signed_checkpoint(text)) {
    if (to_text(*head) != text) std::abort();
  }
  if (const auto tombstone = parse_tombstone(text)) {
    if (to_json(*tombstone) != text) std::abort();
  }
  if (text.starts_with("SQLite format 3")) {
    std::ofstream(partition_path(directory(), 1), std::ios::binary) << text;
    const auto report = verify(directory(), {.trusted = {PublicKey{}}});
    if (report && report->proven > 0) std::abort();  // nobody signed it
  }
  return 0;
}
