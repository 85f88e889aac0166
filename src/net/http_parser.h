// The framing of HTTP/1.1 messages: Beast's incremental parser, filling our plain types, and
// stricter where leniency lets two programs on one path disagree about where a message ends (RFC
// 9112 11.2). Internal to net/.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "net/http_message.h"

namespace larkspur::net {

struct ParseError {
  int status = 0;       // what a server answers: 400, 413, 431, 501; 0 for no error
  std::string message;  // what is wrong, in a few words
  explicit operator bool() const { return status != 0; }
};

// For one message. The body is appended to message.body, which the owner may empty between two
// calls.
template <class Message>
class MessageParser final
    : private boost::beast::http::basic_parser<std::is_same_v<Message, HttpRequest>> {
  static constexpr bool kIsRequest = std::is_same_v<Message, HttpRequest>;
  using Base = boost::beast::http::basic_parser<kIsRequest>;

 public:
  MessageParser(Message& message, std::size_t max_header_bytes, std::uint64_t max_body_bytes);

  // Reads from `bytes` and returns how many it is done with. Stops after the header, so that the
  // caller can look at it before the body comes, and at the end of the message. Otherwise it needs
  // more bytes, after the ones that it left. After an error() the parser is of no more use.
  std::size_t put(std::string_view bytes);
  // The peer closed. An error() when the message is not complete.
  void put_eof();

  using Base::chunked;
  using Base::got_some;
  using Base::is_done;
  using Base::is_header_done;
  using Base::keep_alive;
  using Base::skip;  // true: no body follows this header, whatever it says (the answer to HEAD)
  bool is_http_11() const { return http_11_; }
  const ParseError& error() const { return error_; }

 private:
  using Text = boost::beast::string_view;
  using ErrorCode = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                       ErrorCode&) override;
  void on_response_impl(int status, Text reason, int version, ErrorCode&) override;
  void on_field_impl(boost::beast::http::field, Text name, Text value, ErrorCode&) override;
  void on_header_impl(ErrorCode&) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override;
  std::size_t on_body_impl(Text body, ErrorCode&) override;
  void on_chunk_header_impl(std::uint64_t size, Text extensions, ErrorCode&) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, Text body, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override {}

  void refuse(int status, std::string message, ErrorCode& error);
  void refuse(ErrorCode error);

  Message& message_;
  std::size_t max_header_bytes_;
  std::size_t extension_bytes_ = 0;
  std::uint64_t chunk_left_ = 0;
  bool http_11_ = true;
  bool in_trailer_ = false;
  ParseError error_;
};

extern template class MessageParser<HttpRequest>;
extern template class MessageParser<HttpResponse>;

}  // namespace larkspur::net
