#include "execlog/redaction/intake.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "base/text.h"
#include "execlog/form/fields.h"
#include "execlog/redaction/json_redaction.h"
#include "execlog/redaction/known_clean.h"

namespace larkspur::execlog {

namespace {

// A text far over its cap is cut before the rules look at it, but not at the cap: what redaction
// shortens must not pull a half secret into view.
constexpr std::size_t kSlack = 2 * 1024;

class FieldIntake {
 public:
  explicit FieldIntake(Dropped& dropped) : dropped_(dropped) {}

  void operator()(std::string_view, std::string& value, const FieldRule& rule) {
    if (value.empty()) return;
    if (rule.digest) {
      if (!is_digest(value)) value.clear();
      return;
    }
    if (!rule.words.empty()) {
      if (!allows(rule, value)) value.clear();
      return;
    }
    take_in(value, rule.max_bytes, dropped_);
  }
  void operator()(std::string_view, std::vector<std::string>& value, const FieldRule& rule) {
    if (value.size() > kMaxListItems) {
      dropped_.items += static_cast<std::int64_t>(value.size() - kMaxListItems);
      value.resize(kMaxListItems);
    }
    for (std::string& item : value) take_in(item, rule.max_bytes, dropped_);
  }
  void operator()(std::string_view, Int&, const FieldRule&) {}
  void operator()(std::string_view, Flag&, const FieldRule&) {}

 private:
  Dropped& dropped_;
};

}  // namespace

void take_in(std::string& text, std::size_t max_bytes, Dropped& dropped) {
  const std::size_t offered = text.size();
  if (offered == 0) return;
  KnownClean& known = KnownClean::of_this_thread();
  if (offered <= max_bytes && known.contains(text)) return;
  if (text.size() > max_bytes + kSlack) text.resize(truncate_utf8(text, max_bytes + kSlack).size());
  const bool valid = is_valid_utf8(text);
  if (!valid) text = printable(text);
  const bool redacted = redact_json(text) > 0;
  if (redacted) ++dropped.redactions;
  if (valid && !redacted && offered <= max_bytes) known.add(text);
  if (text.size() > max_bytes) {
    text.resize(truncate_utf8(text, max_bytes).size());
    dropped.bytes += static_cast<std::int64_t>(offered - std::min(offered, max_bytes));
  }
}

std::string taken_in(std::string_view text, std::size_t max_bytes, Dropped& dropped) {
  std::string kept(text.substr(0, max_bytes + kSlack + 4));
  take_in(kept, max_bytes, dropped);
  if (text.size() > max_bytes + kSlack + 4) {
    dropped.bytes += static_cast<std::int64_t>(text.size() - (max_bytes + kSlack + 4));
  }
  return kept;
}

void take_in(ApiCall& call, Dropped& dropped) {
  FieldIntake intake(dropped);
  take_in(call.api, 128, dropped);
  take_in(call.request_id, kMaxFieldBytes, dropped);
  visit_fields(call, intake);
  std::visit([&](auto& details) { visit_fields(details, intake); }, call.details);
  if (call.http_status && (*call.http_status < 100 || *call.http_status > 599))
    call.http_status.reset();
  call.start_offset_ms = std::max<std::int64_t>(call.start_offset_ms, 0);
  call.duration_ms = std::max<std::int64_t>(call.duration_ms, 0);
  call.attempts = std::max<std::int64_t>(call.attempts, 1);
}

void take_in(RequestInfo& request, Dropped& dropped) {
  if (auto* id = std::get_if<std::string>(&request.jsonrpc_id))
    take_in(*id, kMaxFieldBytes, dropped);
  visit_fields(request, FieldIntake(dropped));
}

void take_in(Principal& principal, Dropped& dropped) {
  visit_fields(principal, FieldIntake(dropped));
}

void take_in(ResultInfo& result, Dropped& dropped) {
  visit_fields(result, FieldIntake(dropped));
}

void take_in(ScriptInfo& script, Dropped& dropped) {
  visit_fields(script, FieldIntake(dropped));
}

bool is_digest(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  return text.size() == kAlgorithm.size() + 64 && text.starts_with(kAlgorithm) &&
         text.find_first_not_of("0123456789abcdef", kAlgorithm.size()) == std::string_view::npos;
}

bool fits_metadata(std::string_view name, const MetadataValue& value) {
  enum class Kind : unsigned char { kText, kInteger, kBoolean };
  static constexpr std::array<std::pair<std::string_view, Kind>, 8> kTyped{{
      {"cluster_id", Kind::kText},
      {"region_id", Kind::kText},
      {"http_status", Kind::kInteger},
      {"request_id", Kind::kText},
      {"exit_code", Kind::kInteger},
      {"retryable", Kind::kBoolean},
      {"attempts", Kind::kInteger},
      {"hint", Kind::kText},
  }};
  // These have methods of their own.
  if (name == "error_type" || name == "error_code" || name == "failure_stage" ||
      name == "caused_by") {
    return false;
  }
  const auto* typed =
      std::ranges::find(kTyped, name, [](const auto& entry) { return entry.first; });
  if (typed == kTyped.end()) return true;
  switch (typed->second) {
    case Kind::kText:
      return std::holds_alternative<std::string>(value);
    case Kind::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case Kind::kBoolean:
      return std::holds_alternative<bool>(value);
  }
  std::unreachable();
}

}  // namespace larkspur::execlog
