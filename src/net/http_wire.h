// Message heads as they go over the wire (RFC 9112). Internal to net/.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace larkspur::net {

// False for what would break the framing of a message: a name that is not a token, a value with
// control characters in it.
bool is_valid_field(std::string_view name, std::string_view value);
bool is_token(std::string_view text);

// How the end of an answer's body is found.
enum class Framing : unsigned char { kLength, kChunked, kUntilClose };

// Content-Length, Transfer-Encoding, Connection and Date are written here; those in `headers` are
// left out. kInternal when a field is not valid: somebody passed on text that he did not check.
Result<void> append_response_head(std::string& out, int status, const Headers& headers,
                                  Framing framing, std::size_t length, bool keep_alive);

// Host and Content-Length are written here. kInvalidArgument names the field that is not valid.
Result<void> append_request_head(std::string& out, const HttpRequest& request,
                                 std::string_view host);

}  // namespace larkspur::net
