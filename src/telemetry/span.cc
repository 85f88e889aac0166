#include "telemetry/span.h"

#include <array>
#include <cstring>
#include <utility>

#include "telemetry/wire.h"

namespace larkspur::telemetry {

namespace {

// opentelemetry.proto.trace.v1.Span, and its Status, Event and Link.
enum Field : unsigned {
  kTraceId = 1,
  kSpanId = 2,
  kTraceState = 3,
  kParentSpanId = 4,
  kName = 5,
  kKind = 6,
  kStart = 7,
  kEnd = 8,
  kAttribute = 9,
  kDroppedAttributes = 10,
  kEvent = 11,
  kLink = 13,
  kStatus = 15,
  kFlags = 16,
};
enum StatusField : unsigned { kStatusMessage = 2, kStatusCode = 3 };
enum EventField : unsigned { kEventTime = 1, kEventName = 2, kEventAttribute = 3 };
enum LinkField : unsigned { kLinkTraceId = 1, kLinkSpanId = 2, kLinkState = 3, kLinkFlags = 6 };
constexpr unsigned kErrorCode = 2;

// Most spans fit, so that writing one allocates once.
constexpr std::size_t kUsualBytes = 640;

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::uint64_t since_epoch(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

void append_name(std::string& out, Span::Name name) {
  const std::size_t rest = name.target.empty() ? 0 : 1 + name.target.size();
  wire::append_tag(out, kName, wire::Type::kBytes);
  wire::append_varint(out, name.method.size() + rest);
  out += name.method;
  if (rest > 0) (out += ' ') += name.target;
}

// The fields of fixed size that every span begins with, in one piece.
void append_head(std::string& out, const call::TraceContext& span,
                 const call::TraceContext& parent) {
  constexpr auto head = [](unsigned field, wire::Type type) {
    return static_cast<char>(field << 3 | std::to_underlying(type));
  };
  std::array<char, 18 + 10 + 10> bytes;
  char* at = bytes.data();
  const auto put_id = [&](unsigned field, const auto& id) {
    *at++ = head(field, wire::Type::kBytes);
    *at++ = static_cast<char>(id.size());
    std::memcpy(at, id.data(), id.size());
    at += id.size();
  };
  put_id(kTraceId, span.trace_id);
  put_id(kSpanId, span.span_id);
  if (parent.valid()) put_id(kParentSpanId, parent.span_id);
  out.append(bytes.data(), at);
  wire::append_fixed(out, kFlags, std::uint32_t{span.flags});
}

void append_link(std::string& out, const call::TraceContext& to) {
  std::string link;
  wire::append_bytes(link, kLinkTraceId, view(to.trace_id));
  wire::append_bytes(link, kLinkSpanId, view(to.span_id));
  if (!to.state.empty()) wire::append_bytes(link, kLinkState, to.state);
  wire::append_fixed(link, kLinkFlags, std::uint32_t{to.flags});
  wire::append_bytes(out, kLink, link);
}

}  // namespace

SharedAttributes& SharedAttributes::add(std::string_view key, std::string_view value) {
  wire::Attribute(key, value).append_to(fields_, kAttribute);
  return *this;
}

Span::Span(Tracer* tracer, Name name, SpanKind kind, const call::TraceContext& parent,
           const call::TraceContext& link) {
  if (tracer == nullptr) {
    context_ = parent;
    return;
  }
  context_ = tracer->begin(parent);
  if (!context_.sampled()) return;
  tracer_ = tracer;
  started_at_ = std::chrono::system_clock::now().time_since_epoch();
  message_.reserve(kUsualBytes);
  append_head(message_, context_, parent);
  if (!context_.state.empty()) wire::append_bytes(message_, kTraceState, context_.state);
  append_name(message_, name);
  wire::append_number(message_, kKind, std::to_underlying(kind));
  wire::append_fixed(message_, kStart, since_epoch(started_at_));
  if (link.valid()) append_link(message_, link);
}

bool Span::has_room(std::size_t bytes) {
  if (tracer_ == nullptr) return false;
  if (message_.size() + bytes <= kMaxBytes) return true;
  ++attributes_dropped_;
  return false;
}

void Span::set(std::string_view key, std::string_view value) {
  if (has_room(key.size() + value.size()))
    wire::Attribute(key, value).append_to(message_, kAttribute);
}

void Span::set(std::string_view key, std::int64_t value) {
  if (has_room(key.size()))
    wire::Attribute(key, 3, static_cast<std::uint64_t>(value)).append_to(message_, kAttribute);
}

void Span::set(std::string_view key, bool value) {
  if (has_room(key.size())) wire::Attribute(key, 2, value ? 1 : 0).append_to(message_, kAttribute);
}

void Span::set(const SharedAttributes& attributes) {
  if (has_room(attributes.fields().size())) message_ += attributes.fields();
}

void Span::fail(std::string_view error_type) {
  if (tracer_ == nullptr) return;
  set("error.type", error_type);
  std::string status;
  wire::append_bytes(status, kStatusMessage, error_type);
  wire::append_number(status, kStatusCode, kErrorCode);
  wire::append_bytes(message_, kStatus, status);
}

void Span::exception(std::string_view type, std::string_view message) {
  if (!has_room(type.size() + message.size())) return;
  std::string event;
  wire::append_fixed(event, kEventTime, since_epoch(started_at_ + stopwatch_.elapsed()));
  wire::append_bytes(event, kEventName, "exception");
  wire::Attribute("exception.type", type).append_to(event, kEventAttribute);
  wire::Attribute("exception.message", message).append_to(event, kEventAttribute);
  wire::append_bytes(message_, kEvent, event);
}

void Span::end() {
  if (tracer_ == nullptr) return;
  if (attributes_dropped_ > 0)
    wire::append_number(message_, kDroppedAttributes, attributes_dropped_);
  wire::append_fixed(message_, kEnd, since_epoch(started_at_ + stopwatch_.elapsed()));
  std::exchange(tracer_, nullptr)->finish(std::move(message_));
}

}  // namespace larkspur::telemetry
