// The re module, as Python's, on RE2: match, fullmatch, search, findall, split, sub, escape.
#include "starlark/lib/natives.h"
#include "starlark/lib/patterns.h"

namespace larkspur::starlark::lib {
namespace {

std::string_view view(re2::StringPiece piece) {
  return {piece.data(), piece.size()};
}

// --- A match: text, names of the groups (a tuple; None for those without), and the byte offsets of
// begin and end of the whole and of each group (a tuple; -1 for a group that took no part) ---

enum Field { kText, kNames, kOffsets };

std::size_t group_count(const Foreign& match) {
  return as_tuple(match.fields()[kOffsets])->length / 2;
}

Value group_text(Context& context, const Foreign& match, std::size_t group, Value fallback) {
  const auto offsets = as_tuple(match.fields()[kOffsets])->values();
  const std::int64_t begin = offsets[2 * group].as_small_int();
  if (begin < 0) return fallback;
  const std::int64_t end = offsets[2 * group + 1].as_small_int();
  return context.substring(match.fields()[kText], static_cast<std::size_t>(begin),
                           static_cast<std::size_t>(end - begin));
}

// The number of the group that `which`, a number or a name, means.
bool find_group(Context& context, const Args& args, Value which, std::size_t& group) {
  const Foreign& match = *object_cast<Foreign>(args.self);
  if (which.is_small_int() && which.as_small_int() >= 0 &&
      static_cast<std::size_t>(which.as_small_int()) < group_count(match)) {
    group = static_cast<std::size_t>(which.as_small_int());
    return true;
  }
  if (is_string(which)) {
    const auto names = as_tuple(match.fields()[kNames])->values();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!is_string(names[i]) || text_of(names[i]) != text_of(which)) continue;
      group = i;
      return true;
    }
  }
  context.fail(message(args.function_name(), "no such group: " + short_repr(context, which)),
               "the pattern has " + std::to_string(group_count(match) - 1) + " groups");
  return false;
}

Value match_group(Context& context, const Args& args) {
  const Foreign& match = *object_cast<Foreign>(args.self);
  if (!args.no_keywords(context)) return Value::failed();
  if (args.positional.empty()) return group_text(context, match, 0, Value::none());
  std::vector<Value> texts;
  for (Value which : args.positional) {
    std::size_t group = 0;
    if (!context.charge(1) || !find_group(context, args, which, group)) return Value::failed();
    texts.push_back(group_text(context, match, group, Value::none()));
    if (texts.back().is_failed()) return Value::failed();
  }
  return texts.size() == 1 ? texts[0] : context.tuple(texts);
}

Value match_groups(Context& context, const Args& args) {
  Value fallback = Value::missing();
  if (!args.bind(context, {"default?"}, &fallback)) return Value::failed();
  if (fallback.is_missing()) fallback = Value::none();
  const Foreign& match = *object_cast<Foreign>(args.self);
  std::vector<Value> texts;
  for (std::size_t group = 1; group < group_count(match); ++group) {
    texts.push_back(group_text(context, match, group, fallback));
    if (texts.back().is_failed()) return Value::failed();
  }
  return context.tuple(texts);
}

Value match_groupdict(Context& context, const Args& args) {
  if (!no_arguments(context, args)) return Value::failed();
  const Foreign& match = *object_cast<Foreign>(args.self);
  const auto names = as_tuple(match.fields()[kNames])->values();
  Dict* groups = context.dict();
  if (groups == nullptr) return Value::failed();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].is_none()) continue;
    const Value text = group_text(context, match, i, Value::none());
    if (text.is_failed() || !table_set(context, *groups, names[i], text)) return Value::failed();
  }
  return Value::object(groups);
}

// Code point numbers of where a group begins and ends.
bool span_of(Context& context, const Args& args, std::int64_t (&span)[2]) {
  Value which = Value::missing();
  std::size_t group = 0;
  if (!args.bind(context, {"group?"}, &which)) return false;
  if (!which.is_missing() && !find_group(context, args, which, group)) return false;
  const Foreign& match = *object_cast<Foreign>(args.self);
  const Value text = match.fields()[kText];
  if (!is_ascii(text) && !context.charge_bytes(text_of(text).size() * 2)) return false;
  for (std::size_t i = 0; i < 2; ++i) {
    span[i] = as_tuple(match.fields()[kOffsets])->values()[2 * group + i].as_small_int();
    if (span[i] < 0) continue;
    span[i] =
        static_cast<std::int64_t>(element_index(context, text, static_cast<std::size_t>(span[i])));
  }
  return true;
}
Value match_start(Context& context, const Args& args) {
  std::int64_t span[2];
  return span_of(context, args, span) ? Value::small_int(span[0]) : Value::failed();
}
Value match_end(Context& context, const Args& args) {
  std::int64_t span[2];
  return span_of(context, args, span) ? Value::small_int(span[1]) : Value::failed();
}
Value match_span(Context& context, const Args& args) {
  std::int64_t span[2];
  if (!span_of(context, args, span)) return Value::failed();
  const Value both[] = {Value::small_int(span[0]), Value::small_int(span[1])};
  return context.tuple(both);
}

constexpr Builtin kMatchMethods[] = {
    {"end", match_end},       {"group", match_group}, {"groupdict", match_groupdict},
    {"groups", match_groups}, {"span", match_span},   {"start", match_start},
};

bool write_match(StringBuilder& out, Value value) {
  const Value text = group_text(out.context(), *object_cast<Foreign>(value), 0, Value::none());
  return !text.is_failed() && out.append("<re.match ") && append_repr(out, text) && out.append(">");
}

constexpr ForeignType kMatchType{
    .name = "re.match", .identity = 3, .methods = kMatchMethods, .write = write_match};

Value names_of_groups(Context& context, const re2::RE2& pattern) {
  std::vector<Value> names(1 + static_cast<std::size_t>(pattern.NumberOfCapturingGroups()),
                           Value::none());
  for (const auto& [number, name] : pattern.CapturingGroupNames()) {
    names[static_cast<std::size_t>(number)] = context.string(name);
  }
  return context.has_failed() ? Value::failed() : context.tuple(names);
}

// `text` is the very variable that was searched: an inline string's bytes lie in it.
Value new_match(Context& context, const Value& text, Value names, const Groups& groups) {
  std::vector<Value> offsets;
  const char* origin = text_of(text).data();
  for (const re2::StringPiece& group : groups) {
    const bool took_part = group.data() != nullptr;
    const std::int64_t begin = took_part ? group.data() - origin : -1;
    offsets.push_back(Value::small_int(begin));
    offsets.push_back(Value::small_int(took_part ? begin + static_cast<std::int64_t>(group.size())
                                                 : std::int64_t{-1}));
  }
  const Value positions = context.tuple(offsets);
  if (positions.is_failed()) return positions;
  return context.foreign(kMatchType, {text, names, positions});
}

// --- Arguments that all functions have ---

struct Search {
  Value text;
  const re2::RE2* pattern = nullptr;
};

bool begin_search(Context& context, const Args& args, Value pattern, Value text, Search& out) {
  if (!want_string(context, args, "pattern", pattern) ||
      !want_string(context, args, "string", text))
    return false;
  out.text = text;
  out.pattern = compiled_pattern(context, args.function_name(), text_of(pattern));
  return out.pattern != nullptr;
}

Value one_match(Context& context, const Args& args, re2::RE2::Anchor anchor) {
  Value v[2];
  Search search;
  if (!args.bind(context, {"pattern", "string"}, v) ||
      !begin_search(context, args, v[0], v[1], search)) {
    return Value::failed();
  }
  Matches matches(context, *search.pattern, text_of(search.text));
  if (!matches.next(anchor)) return context.has_failed() ? Value::failed() : Value::none();
  const Groups groups = matches.groups();
  const Value names = names_of_groups(context, *search.pattern);
  return names.is_failed() ? names : new_match(context, search.text, names, groups);
}

Value re_search(Context& context, const Args& args) {
  return one_match(context, args, re2::RE2::UNANCHORED);
}
Value re_match(Context& context, const Args& args) {
  return one_match(context, args, re2::RE2::ANCHOR_START);
}
Value re_fullmatch(Context& context, const Args& args) {
  return one_match(context, args, re2::RE2::ANCHOR_BOTH);
}

// A part of the searched text; "" for a group that took no part.
Value part(Context& context, const Search& search, re2::StringPiece piece) {
  if (piece.data() == nullptr) return Value::inline_string("");
  return context.substring(search.text,
                           static_cast<std::size_t>(piece.data() - text_of(search.text).data()),
                           piece.size());
}

// The whole where there are no groups, the group where there is one, else a tuple of them.
Value found_text(Context& context, const Search& search, const Groups& groups) {
  if (groups.size() <= 2) return part(context, search, groups.back());
  std::vector<Value> texts;
  for (std::size_t i = 1; i < groups.size(); ++i) texts.push_back(part(context, search, groups[i]));
  return context.has_failed() ? Value::failed() : context.tuple(texts);
}

Value re_findall(Context& context, const Args& args) {
  Value v[2];
  Search search;
  if (!args.bind(context, {"pattern", "string"}, v) ||
      !begin_search(context, args, v[0], v[1], search)) {
    return Value::failed();
  }
  List* found = context.list();
  Matches matches(context, *search.pattern, text_of(search.text));
  while (found != nullptr && matches.next()) {
    const Value text = found_text(context, search, matches.groups());
    if (text.is_failed() || !context.append(*found, text)) return Value::failed();
  }
  return context.has_failed() ? Value::failed() : Value::object(found);
}

Value re_split(Context& context, const Args& args) {
  Value v[3];
  Search search;
  std::int64_t most = 0;
  if (!args.bind(context, {"pattern", "string", "maxsplit?"}, v) ||
      !begin_search(context, args, v[0], v[1], search) ||
      !want_int(context, args, "maxsplit", v[2], most)) {
    return Value::failed();
  }
  List* parts = context.list();
  if (parts == nullptr) return Value::failed();
  std::size_t last = 0;
  const auto add = [&](Value text) { return !text.is_failed() && context.append(*parts, text); };
  Matches matches(context, *search.pattern, text_of(search.text));
  for (std::int64_t splits = 0; (most <= 0 || splits < most) && matches.next(); ++splits) {
    if (!add(context.substring(search.text, last, matches.begin() - last))) return Value::failed();
    last = matches.end();
    for (std::size_t i = 1; i < matches.groups().size(); ++i) {
      const re2::StringPiece group = matches.groups()[i];
      if (!add(group.data() == nullptr ? Value::none() : part(context, search, group)))
        return Value::failed();
    }
  }
  if (context.has_failed()) return Value::failed();
  const std::size_t rest = text_of(search.text).size() - last;
  return add(context.substring(search.text, last, rest)) ? Value::object(parts) : Value::failed();
}

// --- sub ---

Value bad_template(Context& context, std::string_view problem) {
  return context.fail(message("sub", "bad replacement: " + std::string(problem)),
                      R"(\1 and \g<name> stand for groups, \\ for a backslash)");
}

// `replacement` with \1, \g<1>, \g<name> and \\ replaced.
bool expand(std::string_view replacement, const re2::RE2& pattern, const Groups& groups,
            StringBuilder& out) {
  Context& context = out.context();
  std::size_t i = 0;
  while (i < replacement.size()) {
    const std::size_t escape = std::min(replacement.find('\\', i), replacement.size());
    if (!out.append(replacement.substr(i, escape - i))) return false;
    if (escape == replacement.size()) break;
    const char c = escape + 1 < replacement.size() ? replacement[escape + 1] : '\0';
    i = escape + 2;
    std::size_t group = groups.size();
    if (c == '\\' || c == 'n' || c == 't') {
      if (!out.append(c == 'n' ? '\n' : c == 't' ? '\t' : c)) return false;
      continue;
    }
    if (c >= '0' && c <= '9') {
      group = static_cast<std::size_t>(c - '0');
      if (i < replacement.size() && replacement[i] >= '0' && replacement[i] <= '9') {
        group = group * 10 + static_cast<std::size_t>(replacement[i++] - '0');
      }
    } else if (c == 'g' && i < replacement.size() && replacement[i] == '<') {
      const std::size_t close = replacement.find('>', i);
      if (close == std::string_view::npos) return bad_template(context, "missing >"), false;
      const std::string name(replacement.substr(i + 1, close - i - 1));
      i = close + 1;
      const auto named = pattern.NamedCapturingGroups().find(name);
      if (named != pattern.NamedCapturingGroups().end()) {
        group = static_cast<std::size_t>(named->second);
      } else if (!name.empty() && name.size() <= 2 &&
                 name.find_first_not_of("0123456789") == std::string::npos) {
        group = static_cast<std::size_t>(std::stoi(name));
      }
    } else {
      return bad_template(context, "unknown escape"), false;
    }
    if (group >= groups.size()) return bad_template(context, "no such group"), false;
    if (groups[group].data() != nullptr && !out.append(view(groups[group]))) return false;
  }
  return true;
}

Value sub_text(Context& context, const Search& search, Value replacement, std::int64_t count) {
  StringBuilder out(context);
  const std::string_view text = text_of(search.text);
  const std::string_view with = text_of(replacement);
  std::size_t last = 0;
  Matches matches(context, *search.pattern, text);
  for (std::int64_t i = 0; (count <= 0 || i < count) && matches.next(); ++i) {
    if (!context.charge_bytes(with.size() * 8) ||
        !out.append(text.substr(last, matches.begin() - last)) ||
        !expand(with, *search.pattern, matches.groups(), out)) {
      return Value::failed();
    }
    last = matches.end();
  }
  if (context.has_failed() || !out.append(text.substr(last))) return Value::failed();
  return out.finish();
}

// state: function, matches (a list), replacements so far (a list), text
Step sub_step(Context& context, std::span<Value> state, Value returned) {
  const List& matches = *as_list(state[1]);
  List& replacements = *as_list(state[2]);
  if (!returned.is_missing()) {
    if (!is_string(returned)) {
      context.fail("sub: the function gave " + std::string(type_name(returned)) + ", want string");
      return Step::fail();
    }
    if (!context.append(replacements, returned)) return Step::fail();
  }
  if (replacements.length < matches.length)
    return Step::call(state[0], {matches.items[replacements.length]});
  StringBuilder out(context);
  const Value subject = state[3];
  const std::string_view text = text_of(subject);
  std::size_t last = 0;
  for (std::uint32_t i = 0; i < matches.length; ++i) {
    const auto offsets =
        as_tuple(object_cast<Foreign>(matches.items[i])->fields()[kOffsets])->values();
    const auto begin = static_cast<std::size_t>(offsets[0].as_small_int());
    const Value with = replacements.items[i];
    if (!context.charge(1) || !out.append(text.substr(last, begin - last)) ||
        !out.append(text_of(with))) {
      return Step::fail();
    }
    last = static_cast<std::size_t>(offsets[1].as_small_int());
  }
  return out.append(text.substr(last)) ? Step::finish(out.finish()) : Step::fail();
}

Value re_sub(Context& context, const Args& args) {
  Value v[4];
  Search search;
  std::int64_t count = 0;
  if (!args.bind(context, {"pattern", "repl", "string", "count?"}, v) ||
      !begin_search(context, args, v[0], v[2], search) ||
      !want_int(context, args, "count", v[3], count)) {
    return Value::failed();
  }
  if (is_string(v[1])) return sub_text(context, search, v[1], count);
  if (!is_callable(v[1])) return wrong_type(context, args, "repl", v[1], "string or function");
  List* found = context.list();
  List* replacements = found == nullptr ? nullptr : context.list();
  const Value names = names_of_groups(context, *search.pattern);
  if (replacements == nullptr || names.is_failed()) return Value::failed();
  Matches matches(context, *search.pattern, text_of(search.text));
  for (std::int64_t i = 0; (count <= 0 || i < count) && matches.next(); ++i) {
    const Value match = new_match(context, search.text, names, matches.groups());
    if (match.is_failed() || !context.append(*found, match)) return Value::failed();
  }
  if (context.has_failed()) return Value::failed();
  return context.enter(sub_step,
                       {v[1], Value::object(found), Value::object(replacements), search.text});
}

Value re_escape(Context& context, const Args& args) {
  Value text;
  if (!args.bind(context, {"string", "/"}, &text) || !want_string(context, args, "string", text) ||
      !context.charge_bytes(text_of(text).size() * 4)) {
    return Value::failed();
  }
  StringBuilder out(context);
  for (const char c : text_of(text)) {
    const bool plain = (c & 0x80) != 0 || c == '_' || (c >= '0' && c <= '9') ||
                       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if ((!plain && !out.append('\\')) || !out.append(c)) return Value::failed();
  }
  return out.finish();
}

constexpr Builtin kFunctions[] = {
    {"escape", re_escape}, {"findall", re_findall}, {"fullmatch", re_fullmatch},
    {"match", re_match},   {"search", re_search},   {"split", re_split},
    {"sub", re_sub},
};

}  // namespace

constinit const NativeModule kReModule("re", kFunctions);

}  // namespace larkspur::starlark::lib
