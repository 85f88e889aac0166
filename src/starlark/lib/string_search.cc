// find, index, count, startswith, replace and their like. Positions are code points.
#include "starlark/lib/string_search.h"

#include <algorithm>

#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kPlacesAtOnce = 4096;  // found between two looks at the budget

// The part of the receiver that start= and end= choose, and its byte offset.
struct Region {
  std::string_view text;
  std::size_t offset = 0;
  bool reversed = false;  // end lies before start: not even "" is found
};

bool region(Context& context, const Args& args, Value start, Value end, Region& out) {
  const auto length = static_cast<std::int64_t>(element_count(context, args.self));
  std::int64_t from = 0, to = length;
  if (!want_int(context, args, "start", start, from) || !want_int(context, args, "end", end, to))
    return false;
  if (from < 0) from = std::max<std::int64_t>(from + length, 0);
  if (to < 0) to = std::max<std::int64_t>(to + length, 0);
  to = std::min(to, length);
  out.reversed = from > to;
  if (out.reversed) return true;
  out.offset = byte_offset(context, args.self, static_cast<std::size_t>(from));
  const std::size_t last = to == length
                               ? text_of(args.self).size()
                               : byte_offset(context, args.self, static_cast<std::size_t>(to));
  out.text = text_of(args.self).substr(out.offset, last - out.offset);
  return context.charge_bytes(out.text.size());
}

// The last occurrence. Tries every place, so it charges for what it compares.
bool rfind_text(Context& context, std::string_view text, std::string_view needle,
                std::size_t& found) {
  found = kNone;
  if (needle.size() > text.size()) return true;
  for (std::size_t i = text.size() - needle.size() + 1; i-- > 0;) {
    if (!needle.empty() && text[i] != needle[0]) continue;
    if (!context.charge_bytes(needle.size())) return false;
    if (text.substr(i, needle.size()) == needle) {
      found = i;
      return true;
    }
  }
  return true;
}

enum class Absent { kMinusOne, kError };

Value find_in(Context& context, const Args& args, bool last, Absent absent) {
  Value v[3];
  if (!args.bind(context, {"sub", "start?", "end?", "/"}, v)) return Value::failed();
  Region r;
  if (!want_string(context, args, "sub", v[0]) || !region(context, args, v[1], v[2], r))
    return Value::failed();
  std::size_t found = kNone;
  if (!r.reversed) {
    if (!last) {
      found = find_text(r.text, text_of(v[0]));
    } else if (!rfind_text(context, r.text, text_of(v[0]), found)) {
      return Value::failed();
    }
  }
  if (found != kNone) {
    return Value::small_int(
        static_cast<std::int64_t>(element_index(context, args.self, r.offset + found)));
  }
  if (absent == Absent::kMinusOne) return Value::small_int(-1);
  return context.fail(message(args.function_name(), "substring not found"));
}

// startswith and endswith: one text or a tuple of them.
template <class Test>
Value test_affix(Context& context, const Args& args, Test test) {
  Value v[3];
  if (!args.bind(context, {"affix", "start?", "end?", "/"}, v)) return Value::failed();
  Region r;
  if (!region(context, args, v[1], v[2], r)) return Value::failed();
  if (is_string(v[0])) return Value::boolean(!r.reversed && test(r.text, text_of(v[0])));
  if (!is_tuple(v[0])) {
    return context.fail(message(args.function_name(), "got " + std::string(type_name(v[0])) +
                                                          ", want string or tuple of string"));
  }
  const std::span<const Value> options = as_tuple(v[0])->values();
  if (!context.charge(options.size())) return Value::failed();
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (!is_string(options[i])) {
      return context.fail(message(args.function_name(), "want string, got " +
                                                            std::string(type_name(options[i])) +
                                                            ", for element " + std::to_string(i)));
    }
    if (!r.reversed && test(r.text, text_of(options[i]))) return Value::boolean(true);
  }
  return Value::boolean(false);
}

// The receiver with `fresh` before each of its code points and at its end, at most `limit` times.
Value intersperse(Context& context, std::string_view text, std::string_view fresh,
                  std::size_t limit) {
  StringBuilder out(context);
  std::size_t position = 0;
  for (std::size_t i = 0; i < limit; ++i) {
    if (!out.append(fresh)) return Value::failed();
    if (position == text.size()) break;
    const std::size_t size = sequence_length(text[position]);
    if (!out.append(text.substr(position, size))) return Value::failed();
    position += size;
  }
  return out.append(text.substr(position)) ? out.finish() : Value::failed();
}

std::size_t count_text(std::string_view text, std::string_view needle, std::size_t limit) {
  std::size_t count = 0;
  for (std::size_t at = 0; count < limit && (at = find_text(text, needle, at)) != kNone;
       at += needle.size())
    ++count;
  return count;
}

}  // namespace

Value string_find(Context& context, const Args& args) {
  return find_in(context, args, false, Absent::kMinusOne);
}
Value string_rfind(Context& context, const Args& args) {
  return find_in(context, args, true, Absent::kMinusOne);
}
Value string_index(Context& context, const Args& args) {
  return find_in(context, args, false, Absent::kError);
}
Value string_rindex(Context& context, const Args& args) {
  return find_in(context, args, true, Absent::kError);
}

Value string_count(Context& context, const Args& args) {
  Value v[3];
  if (!args.bind(context, {"sub", "start?", "end?", "/"}, v)) return Value::failed();
  Region r;
  if (!want_string(context, args, "sub", v[0]) || !region(context, args, v[1], v[2], r))
    return Value::failed();
  if (r.reversed) return Value::small_int(0);
  const std::string_view sub = text_of(v[0]);
  const std::size_t count =
      sub.empty() ? count_code_points(r.text) + 1 : count_text(r.text, sub, kNone);
  return Value::small_int(static_cast<std::int64_t>(count));
}

Value string_startswith(Context& context, const Args& args) {
  return test_affix(context, args,
                    [](std::string_view text, std::string_view x) { return text.starts_with(x); });
}

Value string_endswith(Context& context, const Args& args) {
  return test_affix(context, args,
                    [](std::string_view text, std::string_view x) { return text.ends_with(x); });
}

Value string_removeprefix(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"prefix", "/"}, &x) || !want_string(context, args, "prefix", x))
    return Value::failed();
  const std::string_view text = text_of(args.self), prefix = text_of(x);
  if (!text.starts_with(prefix)) return args.self;
  return context.substring(args.self, prefix.size(), text.size() - prefix.size());
}

Value string_removesuffix(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"suffix", "/"}, &x) || !want_string(context, args, "suffix", x))
    return Value::failed();
  const std::string_view text = text_of(args.self), suffix = text_of(x);
  if (!text.ends_with(suffix)) return args.self;
  return context.substring(args.self, 0, text.size() - suffix.size());
}

Value string_replace(Context& context, const Args& args) {
  Value v[3];
  if (!args.bind(context, {"old", "new", "count?", "/"}, v)) return Value::failed();
  std::int64_t count = -1;
  if (!want_string(context, args, "old", v[0]) || !want_string(context, args, "new", v[1]) ||
      !want_int(context, args, "count", v[2], count)) {
    return Value::failed();
  }
  const std::string_view text = text_of(args.self), old = text_of(v[0]), fresh = text_of(v[1]);
  const std::size_t limit = count < 0 ? kNone : static_cast<std::size_t>(count);
  if (old.empty()) return intersperse(context, text, fresh, limit);
  if (!context.charge_bytes(text.size())) return Value::failed();
  std::size_t times = 0;
  for (std::size_t at = 0; times < limit; at += old.size()) {
    at = find_text(text, old, at);
    if (at == kNone) break;
    if (++times % kPlacesAtOnce == 0 && !context.charge(2 * kPlacesAtOnce)) return Value::failed();
  }
  if (times == 0) return args.self;
  StringBuilder out(context);
  if (!out.reserve(text.size() - times * old.size() + times * fresh.size())) return Value::failed();
  std::size_t from = 0;
  for (std::size_t i = 0; i < times; ++i) {
    const std::size_t at = find_text(text, old, from);
    if (!out.append(text.substr(from, at - from)) || !out.append(fresh)) return Value::failed();
    from = at + old.size();
    if (i % kPlacesAtOnce == 0 && !context.charge(0)) return Value::failed();
  }
  return out.append(text.substr(from)) ? out.finish() : Value::failed();
}

}  // namespace larkspur::starlark::lib
