// The closed word lists of the ExecutionLog as enums, with their text forms (vocabulary.def).
#pragma once

#include <optional>
#include <string_view>

namespace larkspur::execlog {

#define EXECLOG_ENUMERATOR(name, text) name,

enum class Status : unsigned char {
#define EXECLOG_STATUS EXECLOG_ENUMERATOR
#include "execlog/vocabulary.def"
#undef EXECLOG_STATUS
};

enum class ApiStatus : unsigned char {
#define EXECLOG_API_STATUS EXECLOG_ENUMERATOR
#include "execlog/vocabulary.def"
#undef EXECLOG_API_STATUS
};

enum class ApiKind : unsigned char {
#define EXECLOG_API_KIND EXECLOG_ENUMERATOR
#include "execlog/vocabulary.def"
#undef EXECLOG_API_KIND
};

// Where a call was when it failed.
enum class FailureStage : unsigned char {
#define EXECLOG_STAGE EXECLOG_ENUMERATOR
#include "execlog/vocabulary.def"
#undef EXECLOG_STAGE
};

// How the client reached us.
enum class Transport : unsigned char {
#define EXECLOG_TRANSPORT EXECLOG_ENUMERATOR
#include "execlog/vocabulary.def"
#undef EXECLOG_TRANSPORT
};

enum class PrincipalKind : unsigned char {
#define EXECLOG_PRINCIPAL_KIND EXECLOG_ENUMERATOR
#include "execlog/vocabulary.def"
#undef EXECLOG_PRINCIPAL_KIND
};

#undef EXECLOG_ENUMERATOR

std::string_view to_string(Status value);
std::string_view to_string(ApiStatus value);
std::string_view to_string(ApiKind value);
std::string_view to_string(FailureStage value);
std::string_view to_string(Transport value);
std::string_view to_string(PrincipalKind value);

// The enumerator with this text form: from_text<Status>("denied"). Defined for the six enums above.
template <class Enum>
std::optional<Enum> from_text(std::string_view text);
template <>
std::optional<Status> from_text(std::string_view text);
template <>
std::optional<ApiStatus> from_text(std::string_view text);
template <>
std::optional<ApiKind> from_text(std::string_view text);
template <>
std::optional<FailureStage> from_text(std::string_view text);
template <>
std::optional<Transport> from_text(std::string_view text);
template <>
std::optional<PrincipalKind> from_text(std::string_view text);

}  // namespace larkspur::execlog
