// split, join, partition, strip: taking text apart and putting it together. Parts share the
// receiver's bytes where that pays (Context::substring).
#include <algorithm>

#include "starlark/lib/natives.h"
#include "starlark/lib/string_search.h"
#include "starlark/lib/unicode.h"

namespace larkspur::starlark::lib {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Bytes [begin, end) of the receiver appended to a list.
bool append_part(Context& context, const Args& args, List& list, std::size_t begin,
                 std::size_t end) {
  const Value part = context.substring(args.self, begin, end - begin);
  return context.charge(1) && !part.is_failed() && context.append(list, part);
}

// The end of the white space (or of what is none) that begins at `i`.
template <class Predicate>
std::size_t skip_forward(std::string_view text, std::size_t i, Predicate predicate) {
  while (i < text.size()) {
    std::size_t next = i;
    if (!predicate(next_code_point(text, next))) break;
    i = next;
  }
  return i;
}

// The begin of the white space (or of what is none) that ends at `i`.
template <class Predicate>
std::size_t skip_backward(std::string_view text, std::size_t i, Predicate predicate) {
  while (i > 0) {
    std::size_t begin = i - 1;
    while (is_continuation(text[begin])) --begin;
    std::size_t next = begin;
    if (!predicate(next_code_point(text, next))) break;
    i = begin;
  }
  return i;
}

bool is_not_space(char32_t c) {
  return !is_space(c);
}

bool split_space(Context& context, const Args& args, std::size_t max, List& list) {
  const std::string_view text = text_of(args.self);
  std::size_t i = skip_forward(text, 0, is_space);
  for (std::size_t parts = 0; i < text.size(); ++parts) {
    // The last part allowed takes all that is left.
    const std::size_t end = parts == max ? text.size() : skip_forward(text, i, is_not_space);
    if (!append_part(context, args, list, i, end)) return false;
    i = parts == max ? end : skip_forward(text, end, is_space);
  }
  return true;
}

bool rsplit_space(Context& context, const Args& args, std::size_t max, List& list) {
  const std::string_view text = text_of(args.self);
  std::size_t i = skip_backward(text, text.size(), is_space);
  for (std::size_t parts = 0; i > 0; ++parts) {
    const std::size_t begin = parts == max ? 0 : skip_backward(text, i, is_not_space);
    if (!append_part(context, args, list, begin, i)) return false;
    i = parts == max ? 0 : skip_backward(text, begin, is_space);
  }
  return true;
}

bool split_text(Context& context, const Args& args, std::string_view sep, std::size_t max,
                List& list) {
  const std::string_view text = text_of(args.self);
  std::size_t from = 0;
  for (std::size_t parts = 0; parts < max; ++parts) {
    const std::size_t at = find_text(text, sep, from);
    if (at == kNone) break;
    if (!append_part(context, args, list, from, at)) return false;
    from = at + sep.size();
  }
  return append_part(context, args, list, from, text.size());
}

bool rsplit_text(Context& context, const Args& args, std::string_view sep, std::size_t max,
                 List& list) {
  const std::string_view text = text_of(args.self);
  std::size_t end = text.size();
  std::size_t parts = 0;
  // Every place is tried, so what is compared is charged for.
  for (std::size_t i = text.size(); parts < max && i >= sep.size();) {
    const std::size_t at = i - sep.size();
    if (text[at] == sep[0]) {
      if (!context.charge_bytes(sep.size())) return false;
      if (text.substr(at, sep.size()) == sep) {
        if (!append_part(context, args, list, i, end)) return false;
        ++parts;
        end = i = at;
        continue;
      }
    }
    --i;
  }
  return append_part(context, args, list, 0, end);
}

Value split_either_way(Context& context, const Args& args, bool from_right) {
  Value v[2];
  if (!args.bind(context, {"sep?", "maxsplit?"}, v)) return Value::failed();
  std::int64_t maxsplit = -1;
  if (!want_int(context, args, "maxsplit", v[1], maxsplit)) return Value::failed();
  const std::size_t max = maxsplit < 0 ? kNone : static_cast<std::size_t>(maxsplit);
  const bool by_space = v[0].is_missing() || v[0].is_none();
  if (!by_space && !is_string(v[0])) {
    return context.fail(message(args.function_name(), "got " + std::string(type_name(v[0])) +
                                                          " for separator, want string"));
  }
  if (!by_space && text_of(v[0]).empty()) {
    return context.fail(message(args.function_name(), "empty separator"),
                        "use s.elems() for a list of the characters");
  }
  if (!context.charge_bytes(text_of(args.self).size() * (by_space || from_right ? 8 : 1)))
    return Value::failed();
  List* list = context.list();
  if (list == nullptr) return Value::failed();
  bool fine = false;
  if (by_space) {
    fine = (from_right ? rsplit_space : split_space)(context, args, max, *list);
  } else {
    fine = (from_right ? rsplit_text : split_text)(context, args, text_of(v[0]), max, *list);
  }
  if (!fine) return Value::failed();
  if (from_right) std::ranges::reverse(list->values());
  return Value::object(list);
}

Value partition_at(Context& context, const Args& args, bool last) {
  Value sep;
  if (!args.bind(context, {"sep", "/"}, &sep) || !want_string(context, args, "sep", sep))
    return Value::failed();
  const std::string_view text = text_of(args.self), needle = text_of(sep);
  if (needle.empty()) return context.fail(message(args.function_name(), "empty separator"));
  if (!context.charge_bytes(text.size())) return Value::failed();
  std::size_t at = find_text(text, needle);
  // To the last one by steps of one: overlapping occurrences count ("aaa".rpartition("aa")).
  if (last && at != kNone) {
    at = text.size() - needle.size();
    for (; text.substr(at, needle.size()) != needle; --at) {
      if (!context.charge_bytes(text[at] == needle[0] ? needle.size() : 1)) return Value::failed();
    }
  }
  const Value empty = Value::inline_string("");
  Value parts[3] = {args.self, empty, empty};
  if (at == kNone && last) std::swap(parts[0], parts[2]);
  if (at != kNone) {
    parts[0] = context.substring(args.self, 0, at);
    parts[1] = sep;
    parts[2] = context.substring(args.self, at + needle.size(), text.size() - at - needle.size());
    if (parts[0].is_failed() || parts[2].is_failed()) return Value::failed();
  }
  return context.tuple(parts);
}

Value strip_ends(Context& context, const Args& args, bool left, bool right) {
  Value chars;
  if (!args.bind(context, {"chars?", "/"}, &chars)) return Value::failed();
  const std::string_view text = text_of(args.self);
  std::size_t begin = 0, end = text.size();
  const auto strip = [&](auto predicate) {
    if (left) begin = skip_forward(text, 0, predicate);
    if (right) end = std::max(begin, skip_backward(text, text.size(), predicate));
  };
  if (!chars.is_missing() && !chars.is_none() && !want_string(context, args, "chars", chars)) {
    return Value::failed();
  }
  if (chars.is_missing() || chars.is_none() || text_of(chars).empty()) {
    if (!context.charge_bytes(text.size())) return Value::failed();
    strip(is_space);
  } else {
    const std::string_view set = text_of(chars);
    if (!context.charge_bytes(text.size() * std::max<std::size_t>(1, set.size() / 8)))
      return Value::failed();
    strip([set](char32_t c) {
      char bytes[4];
      return find_text(set, {bytes, encode_utf8(c, bytes)}) != kNone;
    });
  }
  return begin == 0 && end == text.size() ? args.self
                                          : context.substring(args.self, begin, end - begin);
}

}  // namespace

Value string_split(Context& context, const Args& args) {
  return split_either_way(context, args, false);
}
Value string_rsplit(Context& context, const Args& args) {
  return split_either_way(context, args, true);
}
Value string_partition(Context& context, const Args& args) {
  return partition_at(context, args, false);
}
Value string_rpartition(Context& context, const Args& args) {
  return partition_at(context, args, true);
}
Value string_strip(Context& context, const Args& args) {
  return strip_ends(context, args, true, true);
}
Value string_lstrip(Context& context, const Args& args) {
  return strip_ends(context, args, true, false);
}
Value string_rstrip(Context& context, const Args& args) {
  return strip_ends(context, args, false, true);
}

Value string_splitlines(Context& context, const Args& args) {
  Value v = Value::missing();
  if (!args.bind(context, {"keepends?"}, &v)) return Value::failed();
  if (!v.is_missing() && !v.is_bool()) return wrong_type(context, args, "keepends", v, "bool");
  const bool keep = !v.is_missing() && v.as_bool();
  const std::string_view text = text_of(args.self);
  List* list = context.list();
  if (list == nullptr || !context.charge_bytes(text.size() * 4)) return Value::failed();
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", from), text.size());
    std::size_t next = std::min(end + 1, text.size());
    if (next < text.size() && text[end] == '\r' && text[next] == '\n') ++next;
    if (!append_part(context, args, *list, from, keep ? next : end)) return Value::failed();
    from = next;
  }
  return Value::object(list);
}

Value string_join(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x)) return Value::failed();
  const std::string_view separator = text_of(args.self);
  // Once for the size and the types, once for the text.
  Iterator sizes, parts;
  if (!sizes.start(context, x, "join") || !context.charge(2 * sizes.remaining()))
    return Value::failed();
  std::size_t bytes = 0;
  Value part;
  for (std::size_t i = 0; sizes.next(context, part); ++i) {
    if (!is_string(part)) {
      return context.fail("join: in list, want string, got " + std::string(type_name(part)),
                          "join only takes strings: use [str(v) for v in x]");
    }
    if (!context.goes_on(i)) return Value::failed();
    bytes += text_of(part).size() + (i == 0 ? 0 : separator.size());
  }
  StringBuilder out(context);
  if (!out.reserve(bytes) || !parts.start(context, x)) return Value::failed();
  for (std::size_t i = 0; parts.next(context, part); ++i) {
    if (i != 0 && !out.append(separator)) return Value::failed();
    if (!out.append(text_of(part))) return Value::failed();
  }
  return out.finish();
}

}  // namespace larkspur::starlark::lib
