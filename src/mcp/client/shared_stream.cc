#include "mcp/client/shared_stream.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace larkspur::mcp {

void SharedStream::take(std::string text, std::string_view place, PeerRequests::Send send) {
  auto read = read_incoming(text);
  if (!read) {
    if (!trim(text).empty()) {
      host_->log(fmt::format("{}: skipped what is no message: {}", place, read.error().message));
    }
    return;
  }
  switch (read->kind) {
    case Incoming::Kind::kResult:
    case Incoming::Kind::kError:
    case Incoming::Kind::kBroken:
      return take_answer(*read, text);
    case Incoming::Kind::kRequest:
      return requests_.take(*read, nullptr, std::move(send));
    case Incoming::Kind::kNotification:
      if (read->method == "notifications/cancelled") requests_.take_back(read->params);
      return host_->deliver(*read, nullptr);
  }
}

void SharedStream::take_answer(Incoming& message, std::string& text) {
  const auto id = as_number(message.id);
  if (!id || !pending_.contains(*id)) return;  // late, or nobody's
  if (message.kind == Incoming::Kind::kBroken) {
    pending_.answer(*id, std::unexpected(CallError{std::move(message.problem), std::nullopt}));
  } else if (message.kind == Incoming::Kind::kError) {
    pending_.answer(*id, std::unexpected(CallError{describe(message.error), message.error}));
  } else {
    keep_only(text, message.result);
    pending_.answer(*id, std::move(text));
  }
}

void SharedStream::end(const Error& error) {
  pending_.fail_all(error);
  requests_.stop();
}

}  // namespace larkspur::mcp
