#include "net/http_parser.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>

#include "base/text.h"

namespace larkspur::net {

namespace http = boost::beast::http;

namespace {

// What a body's declared length makes us set aside before its bytes have come.
constexpr std::uint64_t kMaxReserve = 1024 * 1024;
// Chunk extensions mean nothing to us; a flood of them is an attack.
constexpr std::size_t kMaxExtensionBytes = 16 * 1024;

// "0\r\n\r\n". Beast 1.81 asserts (and so ends the program) when it is given less of a last chunk
// that is also the first one. No valid message has less to come where a chunk's header is due.
constexpr std::size_t kMinChunkHeader = 5;

bool has_8_bit(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// obs-fold (RFC 9112 5.2): between a name and its value is then more than a colon and blanks, or
// the value is not in the input at all, because Beast has joined its lines elsewhere.
bool is_folded(std::string_view name, std::string_view value) {
  const char* at = name.data() + name.size() + 1;
  while (at != value.data() && (*at == ' ' || *at == '\t')) ++at;
  return at != value.data();
}

}  // namespace

template <class Message>
MessageParser<Message>::MessageParser(Message& message, std::size_t max_header_bytes,
                                      std::uint64_t max_body_bytes)
    : message_(message), max_header_bytes_(max_header_bytes) {
  this->header_limit(static_cast<std::uint32_t>(max_header_bytes));
  this->body_limit(max_body_bytes);
}

template <class Message>
std::size_t MessageParser<Message>::put(std::string_view bytes) {
  const bool had_header = is_header_done();
  std::size_t used = 0;
  while (used < bytes.size() && !is_done()) {
    ErrorCode error;
    const std::size_t rest = bytes.size() - used;
    const bool chunk_header_due = is_header_done() && chunked() && chunk_left_ == 0;
    if (chunk_header_due && rest < kMinChunkHeader) break;
    used += Base::put(boost::asio::const_buffer(bytes.data() + used, rest), error);
    if (error == http::error::need_more) {
      // Only lines wait for more: the header's, a chunk's, the trailer's.
      if (bytes.size() - used > max_header_bytes_) refuse(http::error::header_limit);
      break;
    }
    if (error) {
      refuse(error);
      break;
    }
    if (!had_header && is_header_done()) break;
  }
  return used;
}

template <class Message>
void MessageParser<Message>::put_eof() {
  ErrorCode error;
  if (!this->got_some()) {
    error = http::error::end_of_stream;
  } else if (!is_done()) {
    Base::put_eof(error);
  }
  if (error) refuse(error);
}

template <class Message>
void MessageParser<Message>::refuse(int status, std::string message, ErrorCode& error) {
  error_ = {status, std::move(message)};
  error = http::error::bad_field;  // makes Beast stop; the reader is told error_
}

template <class Message>
void MessageParser<Message>::refuse(ErrorCode error) {
  if (error_) return;
  const int status = error == http::error::header_limit ? 431
                     : error == http::error::body_limit ? 413
                                                        : 400;
  error_ = {status, error.message()};
}

template <class Message>
void MessageParser<Message>::on_request_impl(http::verb, Text method, Text target, int version,
                                             ErrorCode& error) {
  if constexpr (kIsRequest) {
    if (has_8_bit(target)) return refuse(400, "the target has bytes that are not ASCII", error);
    message_.method = method;
    message_.target = target;
    http_11_ = version == 11;
  }
}

template <class Message>
void MessageParser<Message>::on_response_impl(int status, Text, int version, ErrorCode&) {
  if constexpr (!kIsRequest) {
    message_.status = status;
    http_11_ = version == 11;
  }
}

template <class Message>
void MessageParser<Message>::on_field_impl(http::field field, Text name, Text value,
                                           ErrorCode& error) {
  if (in_trailer_) return;  // must not be merged into the header unseen (RFC 9110 6.5.1)
  if (is_folded(name, value)) return refuse(400, "a folded header field", error);
  if (kIsRequest && has_8_bit(value)) {
    return refuse(400, "a header field has bytes that are not ASCII", error);
  }
  if (field == http::field::content_length && message_.headers.has("Content-Length")) {
    return refuse(400, "more than one Content-Length", error);
  }
  if (field == http::field::transfer_encoding && !equals_ignore_case(value, "chunked")) {
    return refuse(501, "a Transfer-Encoding other than chunked", error);
  }
  message_.headers.add(name, value);
}

template <class Message>
void MessageParser<Message>::on_header_impl(ErrorCode& error) {
  in_trailer_ = true;
  if (!http_11_ && chunked()) return refuse(400, "Transfer-Encoding in HTTP/1.0", error);
  if (kIsRequest && http_11_ && message_.headers.count("Host") != 1) {
    return refuse(400, "exactly one Host field is required", error);
  }
}

template <class Message>
void MessageParser<Message>::on_body_init_impl(const boost::optional<std::uint64_t>& length,
                                               ErrorCode&) {
  if (length) message_.body.reserve(static_cast<std::size_t>(std::min(*length, kMaxReserve)));
}

template <class Message>
std::size_t MessageParser<Message>::on_body_impl(Text body, ErrorCode&) {
  message_.body.append(body);
  return body.size();
}

template <class Message>
void MessageParser<Message>::on_chunk_header_impl(std::uint64_t size, Text extensions,
                                                  ErrorCode& error) {
  chunk_left_ = size;
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > kMaxExtensionBytes) refuse(400, "too many chunk extensions", error);
}

template <class Message>
std::size_t MessageParser<Message>::on_chunk_body_impl(std::uint64_t, Text body, ErrorCode&) {
  chunk_left_ -= body.size();
  message_.body.append(body);
  return body.size();
}

template class MessageParser<HttpRequest>;
template class MessageParser<HttpResponse>;

}  // namespace larkspur::net
