#include "execlog/vocabulary.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace larkspur::execlog {

namespace {

#define EXECLOG_TEXT(name, text) std::string_view(text),

constexpr std::array kStatus{
#define EXECLOG_STATUS EXECLOG_TEXT
#include "execlog/vocabulary.def"
#undef EXECLOG_STATUS
};
constexpr std::array kApiStatus{
#define EXECLOG_API_STATUS EXECLOG_TEXT
#include "execlog/vocabulary.def"
#undef EXECLOG_API_STATUS
};
constexpr std::array kApiKind{
#define EXECLOG_API_KIND EXECLOG_TEXT
#include "execlog/vocabulary.def"
#undef EXECLOG_API_KIND
};
constexpr std::array kStage{
#define EXECLOG_STAGE EXECLOG_TEXT
#include "execlog/vocabulary.def"
#undef EXECLOG_STAGE
};
constexpr std::array kTransport{
#define EXECLOG_TRANSPORT EXECLOG_TEXT
#include "execlog/vocabulary.def"
#undef EXECLOG_TRANSPORT
};
constexpr std::array kPrincipalKind{
#define EXECLOG_PRINCIPAL_KIND EXECLOG_TEXT
#include "execlog/vocabulary.def"
#undef EXECLOG_PRINCIPAL_KIND
};

#undef EXECLOG_TEXT

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& texts, std::string_view text) {
  const auto found = std::ranges::find(texts, text);
  if (found == texts.end()) return std::nullopt;
  return static_cast<Enum>(found - texts.begin());
}

}  // namespace

std::string_view to_string(Status value) {
  return kStatus[static_cast<std::size_t>(value)];
}
std::string_view to_string(ApiStatus value) {
  return kApiStatus[static_cast<std::size_t>(value)];
}
std::string_view to_string(ApiKind value) {
  return kApiKind[static_cast<std::size_t>(value)];
}
std::string_view to_string(FailureStage value) {
  return kStage[static_cast<std::size_t>(value)];
}
std::string_view to_string(Transport value) {
  return kTransport[static_cast<std::size_t>(value)];
}
std::string_view to_string(PrincipalKind value) {
  return kPrincipalKind[static_cast<std::size_t>(value)];
}

template <>
std::optional<Status> from_text(std::string_view text) {
  return find<Status>(kStatus, text);
}
template <>
std::optional<ApiStatus> from_text(std::string_view text) {
  return find<ApiStatus>(kApiStatus, text);
}
template <>
std::optional<ApiKind> from_text(std::string_view text) {
  return find<ApiKind>(kApiKind, text);
}
template <>
std::optional<FailureStage> from_text(std::string_view text) {
  return find<FailureStage>(kStage, text);
}
template <>
std::optional<Transport> from_text(std::string_view text) {
  return find<Transport>(kTransport, text);
}
template <>
std::optional<PrincipalKind> from_text(std::string_view text) {
  return find<PrincipalKind>(kPrincipalKind, text);
}

}  // namespace larkspur::execlog
