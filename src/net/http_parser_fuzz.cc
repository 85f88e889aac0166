#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/http_parser.h"

namespace {

using namespace larkspur::net;

struct Outcome {
  std::string body, error;
  bool done = false;
  std::size_t fields = 0;
  bool operator==(const Outcome&) const = default;
};

// Feeds `text` in pieces of `step` bytes, as a connection would.
template <class Message>
Outcome parse(std::string_view text, std::size_t step) {
  Message message;
  MessageParser<Message> parser(message, 4096, 64 * 1024);
  std::string pending;
  while (!text.empty() && !parser.is_done() && !parser.error()) {
    pending += text.substr(0, step);
    text.remove_prefix(std::min(step, text.size()));
    for (std::size_t used = 1; used > 0 && !parser.is_done() && !parser.error();) {
      used = pending.empty() ? 0 : parser.put(pending);
      pending.erase(0, used);
    }
  }
  if (!parser.is_done() && !parser.error()) parser.put_eof();
  if (message.body.size() > 64 * 1024) std::abort();
  Outcome outcome;
  outcome.done = parser.is_done() && !parser.error();
  if (outcome.done) outcome.body = message.body;
  for (const auto& field : message.headers) {
    if (field.first.empty()) std::abort();
    if (outcome.done) ++outcome.fields;
  }
  return outcome;
}

}  // namespace

// A message reads the same whether it comes whole or byte by byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  if (data[0] % 2 == 0) {
    if (parse<HttpRequest>(text, text.size() + 1) != parse<HttpRequest>(text, 1)) std::abort();
  } else {
    if (parse<HttpResponse>(text, text.size() + 1) != parse<HttpResponse>(text, 1)) std::abort();
  }
  return 0;
}
