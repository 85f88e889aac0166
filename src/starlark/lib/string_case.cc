// Case, and the questions about all characters of a string.
#include "starlark/lib/natives.h"
#include "starlark/lib/unicode.h"

namespace larkspur::starlark::lib {
namespace {

// The receiver with every code point mapped: map(c) is called in order.
template <class Map>
Value map_code_points(Context& context, const Args& args, Map map) {
  if (!no_arguments(context, args)) return Value::failed();
  const std::string_view text = text_of(args.self);
  if (!context.charge_bytes(text.size() * 8)) return Value::failed();
  StringBuilder out(context);
  if (!out.reserve(text.size())) return Value::failed();
  char chunk[256];
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (used + 4 > sizeof(chunk)) {
      if (!out.append({chunk, used})) return Value::failed();
      used = 0;
    }
    const char32_t c = map(next_code_point(text, i));
    if (c < 0x80) {
      chunk[used++] = static_cast<char>(c);
      continue;
    }
    char bytes[4];
    const std::size_t size = encode_utf8(c, bytes);
    for (std::size_t k = 0; k < size; ++k) chunk[used++] = bytes[k];
  }
  return out.append({chunk, used}) ? out.finish() : Value::failed();
}

// Not empty, and true of every code point.
template <class Predicate>
Value all_code_points(Context& context, const Args& args, Predicate predicate) {
  if (!no_arguments(context, args)) return Value::failed();
  const std::string_view text = text_of(args.self);
  if (!context.charge_bytes(text.size() * 8)) return Value::failed();
  for (std::size_t i = 0, turn = 0; i < text.size(); ++turn) {
    if (!context.goes_on(turn)) return Value::failed();
    if (!predicate(next_code_point(text, i))) return Value::boolean(false);
  }
  return Value::boolean(!text.empty());
}

// Some letter with case, and none of the other case.
Value is_cased(Context& context, const Args& args, bool (*wanted)(char32_t),
               bool (*other)(char32_t)) {
  bool found = false;
  const Value all = all_code_points(context, args, [&](char32_t c) {
    found |= wanted(c);
    return !other(c);
  });
  return all.is_failed() ? all : Value::boolean(all.as_bool() && found);
}

// The same for ASCII text: what lies from `first` on, 26 letters, changes its case.
Value flip_letters(Context& context, const Args& args, char first) {
  if (!no_arguments(context, args)) return Value::failed();
  const std::string_view text = text_of(args.self);
  if (!context.charge_bytes(text.size() * 8)) return Value::failed();
  StringBuilder out(context);
  if (!out.reserve(text.size())) return Value::failed();
  char chunk[256];
  for (std::size_t i = 0; i < text.size(); i += sizeof(chunk)) {
    const std::string_view part = text.substr(i, sizeof(chunk));
    for (std::size_t k = 0; k < part.size(); ++k) {
      const bool flips = static_cast<unsigned char>(part[k] - first) < 26;
      chunk[k] = static_cast<char>(part[k] ^ (flips ? 0x20 : 0));
    }
    if (!out.append({chunk, part.size()})) return Value::failed();
  }
  return out.finish();
}

}  // namespace

Value string_upper(Context& context, const Args& args) {
  if (is_ascii(args.self)) return flip_letters(context, args, 'a');
  return map_code_points(context, args, to_upper);
}
Value string_lower(Context& context, const Args& args) {
  if (is_ascii(args.self)) return flip_letters(context, args, 'A');
  return map_code_points(context, args, to_lower);
}

Value string_casefold(Context& context, const Args& args) {
  // By way of the capital, so that the forms of one letter (sigma, long s, micro) come out the
  // same.
  return map_code_points(context, args, [](char32_t c) { return to_lower(to_upper(c)); });
}

Value string_swapcase(Context& context, const Args& args) {
  return map_code_points(context, args,
                         [](char32_t c) { return is_upper(c) ? to_lower(c) : to_upper(c); });
}

Value string_capitalize(Context& context, const Args& args) {
  bool first = true;
  return map_code_points(context, args, [&first](char32_t c) {
    const char32_t mapped = first ? to_title(c) : to_lower(c);
    first = false;
    return mapped;
  });
}

Value string_title(Context& context, const Args& args) {
  bool in_word = false;
  return map_code_points(context, args, [&in_word](char32_t c) {
    const char32_t mapped = in_word ? to_lower(c) : to_title(c);
    in_word = is_letter(c);
    return mapped;
  });
}

Value string_isalpha(Context& context, const Args& args) {
  return all_code_points(context, args, is_letter);
}
Value string_isdigit(Context& context, const Args& args) {
  return all_code_points(context, args, is_digit);
}
Value string_isspace(Context& context, const Args& args) {
  return all_code_points(context, args, is_space);
}
Value string_isupper(Context& context, const Args& args) {
  return is_cased(context, args, is_upper, is_lower);
}
Value string_islower(Context& context, const Args& args) {
  return is_cased(context, args, is_lower, is_upper);
}

Value string_isalnum(Context& context, const Args& args) {
  return all_code_points(context, args, [](char32_t c) { return is_letter(c) || is_digit(c); });
}

Value string_istitle(Context& context, const Args& args) {
  bool in_word = false, found = false;
  const Value all = all_code_points(context, args, [&](char32_t c) {
    const bool upper = c == to_title(c) && is_upper(c), lower = is_lower(c);
    const bool fits = upper ? !in_word : (lower ? in_word : true);
    in_word = upper || lower;
    found |= in_word;
    return fits;
  });
  return all.is_failed() ? all : Value::boolean(all.as_bool() && found);
}

}  // namespace larkspur::starlark::lib
