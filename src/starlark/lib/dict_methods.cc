#include "starlark/lib/collections.h"
#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

Dict& self(const Args& args) {
  return *as_dict(args.self);
}

Value pair_of(Context& context, const Entry& entry) {
  const Value pair[] = {entry.key, entry.value};
  return context.tuple(pair);
}

// A list of what `part` makes of each entry.
template <class Part>
Value list_of(Context& context, const Args& args, std::size_t bytes_each, Part part) {
  const Dict& dict = self(args);
  if (!no_arguments(context, args) || !context.charge(dict.length) ||
      !context.reserve(dict.length * bytes_each)) {
    return Value::failed();
  }
  List* list = context.list(dict.length);
  if (list == nullptr) return Value::failed();
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(dict, position)) {
    const Value value = part(*entry);
    if (value.is_failed() || !context.append(*list, value)) return Value::failed();
  }
  return Value::object(list);
}

}  // namespace

Value dict_keys(Context& context, const Args& args) {
  return list_of(context, args, sizeof(Value), [](const Entry& entry) { return entry.key; });
}

Value dict_values(Context& context, const Args& args) {
  return list_of(context, args, sizeof(Value), [](const Entry& entry) { return entry.value; });
}

Value dict_items(Context& context, const Args& args) {
  return list_of(context, args, sizeof(Value) + sizeof(Tuple) + 2 * sizeof(Value),
                 [&context](const Entry& entry) { return pair_of(context, entry); });
}

Value dict_clear(Context& context, const Args& args) {
  if (!no_arguments(context, args) || !context.check_mutable(self(args), "clear") ||
      !table_clear(context, self(args))) {
    return Value::failed();
  }
  return Value::none();
}

Value dict_copy(Context& context, const Args& args) {
  if (!no_arguments(context, args)) return Value::failed();
  Dict* copy = context.dict(self(args).length);
  if (copy == nullptr || !update_dict(context, *copy, args.self, "copy")) return Value::failed();
  return Value::object(copy);
}

Value dict_get(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"key", "default?", "/"}, v)) return Value::failed();
  const Value found = table_find(context, self(args), v[0]);
  if (!found.is_missing()) return found;
  return v[1].is_missing() ? Value::none() : v[1];
}

Value dict_pop(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"key", "default?", "/"}, v)) return Value::failed();
  const Value removed = table_remove(context, self(args), v[0]);
  if (!removed.is_missing()) return removed;
  if (!v[1].is_missing()) return v[1];
  return context.fail("pop: missing key " + short_repr(context, v[0]),
                      "give a default: d.pop(key, None)");
}

Value dict_popitem(Context& context, const Args& args) {
  if (!no_arguments(context, args)) return Value::failed();
  Dict& dict = self(args);
  const Entry* first = table_first(dict);
  if (first == nullptr) return context.fail("popitem: empty dict");
  const Value key = first->key;
  const Value pair = pair_of(context, *first);
  if (pair.is_failed() || table_remove(context, dict, key).is_failed()) return Value::failed();
  return pair;
}

Value dict_setdefault(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"key", "default?", "/"}, v)) return Value::failed();
  const Value found = table_find(context, self(args), v[0]);
  if (!found.is_missing()) return found;
  const Value value = v[1].is_missing() ? Value::none() : v[1];
  return table_set(context, self(args), v[0], value) ? value : Value::failed();
}

Value dict_update(Context& context, const Args& args) {
  if (!args.check_count(context, 0, 1) || !context.check_mutable(self(args), "insert into"))
    return Value::failed();
  if (!args.positional.empty() && !args.positional[0].same(args.self) &&
      !update_dict(context, self(args), args.positional[0], "update")) {
    return Value::failed();
  }
  return update_by_keywords(context, self(args), args) ? Value::none() : Value::failed();
}

}  // namespace larkspur::starlark::lib
