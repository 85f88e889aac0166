// f-strings and str.format.
#include "starlark/lib/format.h"

#include <algorithm>

#include "starlark/lib/format_spec.h"
#include "starlark/lib/natives.h"
#include "starlark/lib/number_text.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

using lib::FormatSpec;

bool unknown_type(Context& context, Value value, char type) {
  std::string hint = "types are s for strings; d b o x X c for ints; e f g % for numbers";
  if (type == 'd' && is_float(value)) hint = "round or truncate first: int(x)";
  context.fail(std::string("format: unknown format code '") + type + "' for " +
                   std::string(type_name(value)),
               std::move(hint));
  return false;
}

bool append_with_spec(StringBuilder& out, Value value, const FormatSpec& spec) {
  Context& context = out.context();
  const std::string_view real_types = "eEfFgG%";
  const bool as_real = spec.type != 0 && real_types.find(spec.type) != real_types.npos;
  if (is_int(value) && !as_real) {
    if (spec.type == 'c') {
      const std::int64_t c = value.is_small_int() ? value.as_small_int() : -1;
      if (c < 0 || c > 0x10ffff) return unknown_type(context, value, 'c');
      char bytes[4];
      return lib::append_text(out, {bytes, encode_utf8(static_cast<char32_t>(c), bytes)}, spec);
    }
    if (spec.type != 0 && std::string_view("dnboxX").find(spec.type) == std::string_view::npos) {
      return unknown_type(context, value, spec.type);
    }
    return lib::append_int(out, value, spec);
  }
  if (is_int(value) || is_float(value)) {
    if (!as_real && spec.type != 0 && spec.type != 'n')
      return unknown_type(context, value, spec.type);
    double d = 0;
    return to_double(context, value, d) && lib::append_real(out, d, spec);
  }
  if (spec.type != 0 && spec.type != 's') return unknown_type(context, value, spec.type);
  if (is_string(value)) return lib::append_text(out, text_of(value), spec);
  StringBuilder text(context);
  return append_str(text, value) && lib::append_text(out, text.view(), spec);
}

}  // namespace

bool append_formatted(StringBuilder& out, Value value, char conversion,
                      std::string_view spec_text) {
  if (spec_text.empty())
    return conversion == 'r' ? append_repr(out, value) : append_str(out, value);
  FormatSpec spec;
  if (!lib::parse_format_spec(out.context(), spec_text, spec)) return false;
  if (conversion == 0) return append_with_spec(out, value, spec);
  StringBuilder text(out.context());
  if (!(conversion == 'r' ? append_repr(text, value) : append_str(text, value))) return false;
  if (spec.type != 0 && spec.type != 's')
    return unknown_type(out.context(), Value::inline_string(""), spec.type);
  return lib::append_text(out, text.view(), spec);
}

namespace lib {
namespace {

// One run of str.format: which fields were numbered, and how.
class Formatter {
 public:
  Formatter(Context& context, const Args& args) : context_(context), args_(args), out_(context) {}

  Value run() {
    std::string_view format = text_of(args_.self);
    while (!format.empty()) {
      const std::size_t brace = format.find_first_of("{}");
      if (!out_.append(format.substr(0, brace))) return Value::failed();
      if (brace == format.npos) break;
      const char c = format[brace];
      format.remove_prefix(brace + 1);
      if (format.starts_with(c)) {  // {{ or }}
        if (!out_.append(c)) return Value::failed();
        format.remove_prefix(1);
        continue;
      }
      if (c == '}') return context_.fail("format: single '}' in format");
      const std::size_t end = end_of_field(format);
      if (end == format.npos) return context_.fail("format: unmatched '{' in format");
      if (!field(format.substr(0, end))) return Value::failed();
      format.remove_prefix(end + 1);
    }
    return out_.finish();
  }

 private:
  // Where the } stands that ends the field; fields nest in its spec.
  static std::size_t end_of_field(std::string_view format) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] == '{') ++depth;
      if (format[i] == '}' && depth-- == 0) return i;
    }
    return format.npos;
  }

  // name, name!conversion, name:spec, name!conversion:spec
  bool field(std::string_view text) {
    if (!context_.charge(1)) return false;
    const std::size_t colon = text.find(':');
    const std::string_view spec = colon == text.npos ? std::string_view() : text.substr(colon + 1);
    std::string_view name = text.substr(0, colon);
    char conversion = 0;
    if (const std::size_t mark = name.find('!'); mark != name.npos) {
      const std::string_view wanted = name.substr(mark + 1);
      if (wanted != "r" && wanted != "s") {
        return fail("format: unknown conversion \"" + std::string(wanted.substr(0, 60)) + "\"");
      }
      conversion = wanted[0];
      name = name.substr(0, mark);
    }
    if (name.find('{') != name.npos || (context_.strict() && spec.find('{') != spec.npos)) {
      return fail("format: nested replacement fields not supported",
                  "use an f-string: f'{x:{width}}'");
    }
    Value value;
    if (!path(name, value)) return false;
    if (spec.find('{') == spec.npos) return append_formatted(out_, value, conversion, spec);
    StringBuilder filled(context_);
    return fill_in(spec, filled) && append_formatted(out_, value, conversion, filled.view());
  }

  // A spec such as "{fill}>{width}": its fields are plain ones.
  bool fill_in(std::string_view spec, StringBuilder& out) {
    while (!spec.empty()) {
      const std::size_t open = spec.find('{');
      if (!out.append(spec.substr(0, open))) return false;
      if (open == spec.npos) return true;
      spec.remove_prefix(open + 1);
      const std::size_t close = spec.find('}');
      const std::string_view name = spec.substr(0, close);
      if (close == spec.npos || name.find_first_of("{:!") != name.npos)
        return fail("format: replacement fields nest once only", "use an f-string: f'{x:{width}}'");
      Value value;
      if (!path(name, value) || !append_str(out, value)) return false;
      spec.remove_prefix(close + 1);
    }
    return true;
  }

  // An argument, and what it leads to: "0", "user.name", "rows[2][id]".
  bool path(std::string_view text, Value& value) {
    const std::size_t end = context_.strict() ? text.npos : text.find_first_of(".[");
    if (!argument(text.substr(0, end), value)) return false;
    if (end != text.npos) text.remove_prefix(end);
    while (end != text.npos && !text.empty()) {
      if (!context_.charge(1)) return false;
      const bool attribute = text[0] == '.';
      const std::size_t stop =
          attribute ? std::min(text.find_first_of(".[", 1), text.size()) : text.find(']');
      if (stop == text.npos) return fail("format: unmatched '[' in format");
      const std::string_view name = text.substr(1, stop - 1);
      value = attribute ? get_attribute(context_, value, name) : element(value, name);
      if (value.is_failed()) return false;
      text.remove_prefix(attribute ? stop : stop + 1);
      if (!text.empty() && text[0] != '.' && text[0] != '[')
        return fail("format: only '.' or '[' may follow ']' in a replacement field");
    }
    return true;
  }

  // Digits are an index, as in Python; everything else is a key.
  Value element(Value value, std::string_view key) {
    const bool number =
        !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == key.npos;
    if (!number || is_dict(value)) {
      const Value text = context_.string(key);
      if (!number) return text.is_failed() ? text : get_item(context_, value, text);
      const Value found = text.is_failed() ? text : table_find(context_, *as_dict(value), text);
      if (!found.is_missing()) return found;
    }
    std::int64_t index = 0;
    for (const char c : key) index = index * 10 + (c - '0');
    return get_item(context_, value, Value::small_int(index));
  }

  bool argument(std::string_view name, Value& value) {
    std::size_t index = 0;
    const bool numbered = !name.empty() && name.find_first_not_of("0123456789") == name.npos;
    if (!name.empty() && !numbered) return keyword(name, value);
    if (automatic_ && numbered) {
      return fail(
          "format: cannot switch from automatic field numbering to manual field specification");
    }
    if (manual_ && !numbered) {
      return fail(
          "format: cannot switch from manual field specification to automatic field numbering");
    }
    (numbered ? manual_ : automatic_) = true;
    if (numbered) {
      name.remove_prefix(std::min(name.find_first_not_of('0'), name.size()));
      for (char c : name.substr(0, 9)) index = index * 10 + static_cast<std::size_t>(c - '0');
    } else {
      index = next_++;
    }
    if (index >= args_.positional.size()) return fail("format: tuple index out of range");
    value = args_.positional[index];
    return true;
  }

  bool keyword(std::string_view name, Value& value) {
    for (std::size_t i = 0; i < args_.names.size(); ++i) {
      if (text_of(args_.names[i]) == name) {
        value = args_.named[i];
        return true;
      }
    }
    const std::string shown(name.substr(0, 60));
    if (name.find('.') != name.npos) {
      return fail("format: attribute syntax x.y is not supported in replacement fields: " + shown,
                  "use an f-string: f'{x.y}'");
    }
    if (name.find('[') != name.npos) {
      return fail("format: element syntax a[i] is not supported in replacement fields: " + shown,
                  "use an f-string: f'{a[i]}'");
    }
    return fail("format: keyword " + shown + " not found");
  }

  bool fail(std::string text, std::string hint = {}) {
    context_.fail(std::move(text), std::move(hint));
    return false;
  }

  Context& context_;
  const Args& args_;
  StringBuilder out_;
  std::size_t next_ = 0;
  bool automatic_ = false, manual_ = false;
};

}  // namespace

Value string_format(Context& context, const Args& args) {
  return Formatter(context, args).run();
}

}  // namespace lib
}  // namespace larkspur::starlark
