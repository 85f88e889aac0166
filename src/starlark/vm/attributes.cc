// value.name: methods of the built-in types and members of modules.

#include "starlark/vm/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/text.h"
#include "starlark/vm/diagnose.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

// The methods of all types by name, made once per process.
class MethodTable {
 public:
  MethodTable() {
    for (std::size_t t = 0; t < kTypeCount; ++t) {
      for (const Builtin& method : methods_of(static_cast<Type>(t)))
        rows_[method.name][t] = &method;
    }
  }

  const MethodRow* find(std::string_view name) const {
    auto found = rows_.find(name);
    return found == rows_.end() ? nullptr : &found->second;
  }

 private:
  std::unordered_map<std::string_view, MethodRow> rows_;
};

const MethodTable& methods() {
  static const MethodTable table;
  return table;
}

// A module's function may be called by a qualified name in messages: "json.encode".
std::string_view member_name(const Builtin& function) {
  return function.name.substr(function.name.rfind('.') + 1);
}

Value find_member(Context& context, const NativeModule& module, std::string_view name) {
  for (const Builtin& function : module.functions) {
    if (member_name(function) == name) return Value::object(&function);
  }
  for (const auto& constant : module.constants) {
    if (constant.name == name) return context.real(constant.value);
  }
  for (const auto& member : module.members) {
    if (member.name == name) return member.make(context);
  }
  return Value::missing();
}

// What other languages call things that are called otherwise here.
struct Lesson {
  std::string_view owner;  // a type's or a module's name
  std::string_view name;
  std::string_view hint;
};
constexpr Lesson kLessons[] = {
    {"list", "sort", "sorted(xs) gives a new, sorted list; it takes key= and reverse="},
    {"list", "push", "write xs.append(x)"},
    {"list", "add", "write xs.append(x)"},
    {"list", "length", "write len(xs)"},
    {"list", "join", "write separator.join(xs)"},
    {"list", "map", "write [f(x) for x in xs]"},
    {"list", "filter", "write [x for x in xs if f(x)]"},
    {"string", "length", "write len(s)"},
    {"string", "contains", "write part in s"},
    {"string", "includes", "write part in s"},
    {"string", "trim", "write s.strip()"},
    {"string", "to_upper", "write s.upper()"},
    {"string", "to_lower", "write s.lower()"},
    {"string", "isnumeric", "write s.isdigit()"},
    {"string", "isdecimal", "write s.isdigit()"},
    {"string", "expandtabs", "write s.replace(\"\\t\", \"    \")"},
    {"string", "translate", "write s.replace(old, new), once for each character"},
    {"string", "isidentifier", "write re.fullmatch(\"[A-Za-z_][A-Za-z0-9_]*\", s) != None"},
    {"string", "isprintable", "write re.fullmatch(\"[[:print:]]*\", s) != None"},
    {"string", "format_map", "write s.format(**d)"},
    {"dict", "has_key", "write key in d"},
    {"dict", "iteritems", "write d.items()"},
    {"dict", "length", "write len(d)"},
    {"dict", "size", "write len(d)"},
    {"json", "dumps", "write json.encode(x), or json.encode_indent(x)"},
    {"json", "stringify", "write json.encode(x)"},
    {"json", "loads", "write json.decode(text)"},
    {"json", "parse", "write json.decode(text)"},
    {"re", "compile", "give the pattern to each function: re.search(pattern, text)"},
    {"re", "finditer", "re.findall(pattern, text) gives the texts"},
    {"time", "sleep", "a script has no sleep of its own"},
    {"time", "strftime", "write t.format(\"%Y-%m-%d\")"},
    {"time.time", "strftime", "write t.format(\"%Y-%m-%d\")"},
    {"time.time", "isoformat", "write t.format(\"2006-01-02T15:04:05Z07:00\")"},
    {"time.time", "timestamp", "write t.unix"},
    {"time.duration", "total_seconds", "write d.seconds"},
};

std::string lesson_for(std::string_view owner, std::string_view name) {
  for (const Lesson& lesson : kLessons) {
    if (lesson.owner == owner && lesson.name == name) return std::string(lesson.hint);
  }
  return {};
}

Value find_foreign(Context& context, Value value, std::string_view name) {
  const ForeignType& type = *object_cast<Foreign>(value)->foreign;
  for (const Builtin& method : type.methods) {
    if (method.name == name) return context.bound_method(method, value);
  }
  return type.attribute == nullptr ? Value::missing() : type.attribute(context, value, name);
}

}  // namespace

const MethodRow* find_methods(std::string_view name) {
  return methods().find(name);
}

Value find_attribute(Context& context, Value value, std::string_view name) {
  if (type_of(value) == Type::kModule) {
    return find_member(context, *object_cast<NativeModule>(value), name);
  }
  if (type_of(value) == Type::kForeign) return find_foreign(context, value, name);
  if (is_struct(value)) return table_find(*object_cast<Struct>(value), name);
  const MethodRow* row = methods().find(name);
  const Builtin* method =
      row == nullptr ? nullptr : (*row)[static_cast<std::size_t>(type_of(value))];
  return method == nullptr ? Value::missing() : context.bound_method(*method, value);
}

std::vector<std::string_view> attribute_names(Value value) {
  std::vector<std::string_view> names;
  std::span<const Builtin> functions = methods_of(type_of(value));
  if (type_of(value) == Type::kModule) {
    auto* module = object_cast<NativeModule>(value);
    functions = module->functions;
    for (const auto& constant : module->constants) names.push_back(constant.name);
    for (const auto& member : module->members) names.push_back(member.name);
  }
  if (type_of(value) == Type::kForeign) {
    const ForeignType& type = *object_cast<Foreign>(value)->foreign;
    functions = type.methods;
    names.assign(type.attributes.begin(), type.attributes.end());
    if (type.names != nullptr) names = type.names(value);
  }
  for (const Builtin& function : functions) names.push_back(member_name(function));
  if (is_struct(value)) {
    std::uint32_t position = 0;
    while (const Entry* field = table_next(*object_cast<Struct>(value), position)) {
      names.push_back(text_of(field->key));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Value no_such_attribute(Context& context, Value value, std::string_view name) {
  std::vector<std::string_view> names = attribute_names(value);
  const bool is_module = type_of(value) == Type::kModule;
  std::string hint =
      lesson_for(is_module ? object_cast<NativeModule>(value)->name : type_name(value), name);
  if (hint.empty() && name.size() > 1) {
    if (const auto near = nearest(name, names)) hint = fmt::format("did you mean .{}?", *near);
  }
  if (hint.empty() && is_dict(value))
    hint = fmt::format("write d[\"{}\"] for an entry of a dict", name);
  if (value.is_none()) hint = "the value is None: did a call return nothing?";
  if (is_struct(value)) {
    const Value made_by = object_cast<Struct>(value)->constructor;
    const std::string owner =
        made_by.is_none() ? "struct" : short_repr(context, made_by) + " struct";
    return context.fail(fmt::format("{} has no .{} attribute", owner, name), std::move(hint));
  }
  return context.fail(fmt::format("{} has no .{} field or method", type_name(value), name),
                      std::move(hint));
}

Value get_attribute(Context& context, Value value, std::string_view name) {
  Value found = find_attribute(context, value, name);
  return found.is_missing() ? no_such_attribute(context, value, name) : found;
}

bool set_attribute(Context& context, Value value, std::string_view name, Value to) {
  if (type_of(value) == Type::kForeign) {
    const auto store = object_cast<Foreign>(value)->foreign->store;
    if (store != nullptr) return store(context, value, name, to);
  }
  context.fail(
      fmt::format("can't assign to .{} field of {}", name, type_name(value)),
      is_dict(value) ? fmt::format("write d[\"{}\"] = ... for an entry of a dict", name) : "");
  return false;
}

}  // namespace larkspur::starlark
