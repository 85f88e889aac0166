// Result<T>: a value or an Error. For everything that can fail in normal life; exceptions are for
// broken invariants and for libraries that throw, and are caught at the edge of the room that
// called the library.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace larkspur {

enum class ErrorCode : unsigned char {
#define ERROR_CODE(name, text, help) name,
#include "base/error_codes.def"
#undef ERROR_CODE
};

// The stable text form, as logs, JSON answers and documents use it: "not_found".
std::string_view to_string(ErrorCode code);

// What went wrong, for people: `message` says what happened, where, and what to do next. It never
// holds a secret, nor text that came from a backend unless it is quoted and capped.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

template <class T = void>
using Result = std::expected<T, Error>;

// return fail(ErrorCode::kNotFound, "no tool named 'x'");
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace larkspur
