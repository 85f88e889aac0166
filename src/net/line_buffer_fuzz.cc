// Lines of standard streams: the same lines whole and byte by byte, none with an LF in it, none
// past the limit.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "net/line_buffer.h"

namespace {

using namespace larkspur::net;  // NOLINT: a fuzz target is a program of its own

// Every line, and nullopt for one that is too long.
using Lines = std::vector<std::optional<std::string>>;

Lines lines_of(std::string_view text, std::size_t step, std::size_t limit) {
  LineBuffer buffer(limit);
  Lines lines;
  for (;;) {
    LineBuffer::Line line = buffer.next();
    switch (line.status) {
      case LineBuffer::Status::kLine:
        if (line.text.size() > limit || line.text.contains('\n')) std::abort();
        lines.emplace_back(std::move(line.text));
        break;
      case LineBuffer::Status::kTooLong:
        lines.emplace_back(std::nullopt);
        break;
      case LineBuffer::Status::kEnd:
        return lines;
      case LineBuffer::Status::kNeedsMore:
        if (text.empty()) buffer.put_end();
        buffer.put(text.substr(0, step));
        text.remove_prefix(std::min(step, text.size()));
    }
  }
}

}  // namespace

// The first byte is the limit.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (lines_of(text, text.size() + 1, data[0]) != lines_of(text, 1, data[0])) std::abort();
  return 0;
}
