// Functions that call back into the script: sorted, min, max, map, filter. Each goes on as a native
// frame (vm/builtin.h), so that the callback may itself call a tool and wait.
#include "starlark/lib/natives.h"
#include "starlark/lib/sort.h"

namespace larkspur::starlark::lib {
namespace {

Value to_value(List* list) {
  return list == nullptr ? Value::failed() : Value::object(list);
}

// --- sorted ---

Value finish_sorted(Context& context, Value items, Value keys, bool reverse) {
  if (!sort_by_keys(context, as_list(items)->values(), as_list(keys)->values(), reverse)) {
    return Value::failed();
  }
  return items;
}

// state: items, key function, keys so far, reverse
Step sorted_step(Context& context, std::span<Value> state, Value returned) {
  const List& items = *as_list(state[0]);
  List& keys = *as_list(state[2]);
  if (!returned.is_missing() && !context.append(keys, returned)) return Step::fail();
  if (keys.length < items.length) return Step::call(state[1], {items.items[keys.length]});
  return Step::finish(finish_sorted(context, state[0], state[2], state[3].as_bool()));
}

// --- min, max ---

// Is `key` further out than `best`? The first of equal ones stays.
bool is_further(Context& context, bool largest, Value key, Value best, bool& result) {
  Order order;
  if (!compare(context, key, best, order, largest ? ">" : "<")) return false;
  result = order == (largest ? Order::kGreater : Order::kLess);
  return true;
}

// state: items, key function, position of the element whose key is being computed, best item, best
// key, largest
Step extreme_step(Context& context, std::span<Value> state, Value returned) {
  const List& items = *as_list(state[0]);
  std::int64_t i = state[2].as_small_int();
  if (!returned.is_missing()) {
    bool further = i == 0;
    if (!further && !is_further(context, state[5].as_bool(), returned, state[4], further)) {
      return Step::fail();
    }
    if (further) {
      state[3] = items.items[i];
      state[4] = returned;
    }
    ++i;
  }
  if (i == items.length) return Step::finish(state[3]);
  state[2] = Value::small_int(i);
  return Step::call(state[1], {items.items[i]});
}

Value extreme_of(Context& context, Value iterable, bool largest) {
  Iterator elements;
  Value best, element;
  if (!elements.start(context, iterable) || !context.charge(elements.remaining())) {
    return Value::failed();
  }
  elements.next(context, best);
  for (std::size_t i = 0; elements.next(context, element); ++i) {
    if (!context.goes_on(i)) return Value::failed();
    bool further = false;
    if (!is_further(context, largest, element, best, further)) return Value::failed();
    if (further) best = element;
  }
  return context.has_failed() ? Value::failed() : best;
}

Value min_or_max(Context& context, const Args& args, bool largest) {
  Args keywords = args;
  keywords.positional = {};
  Value key = Value::missing();
  if (!keywords.bind(context, {"*", "key?"}, &key)) return Value::failed();
  const std::string name(args.function_name());
  const std::span<const Value> given = args.positional;
  if (given.empty()) return context.fail(name + " requires at least one positional argument");
  if (given.size() == 1 && !is_iterable(given[0])) {
    return context.fail(name + ": " + std::string(type_name(given[0])) + " value is not iterable");
  }
  const Value choices = given.size() == 1 ? given[0] : context.tuple(given);
  if (choices.is_failed()) return choices;
  if (length_of(choices) == 0) return context.fail(name + ": argument is an empty sequence");
  if (key.is_missing() || key.is_none()) return extreme_of(context, choices, largest);
  if (!want_callable(context, args, "key", key)) return Value::failed();
  const Value items = to_value(to_list(context, choices, name));
  if (items.is_failed()) return items;
  return context.enter(extreme_step, {items, key, Value::small_int(0), Value::none(), Value::none(),
                                      Value::boolean(largest)});
}

// --- map, filter ---

// state: function, list of tuples of arguments or of single arguments, results
Step map_step(Context& context, std::span<Value> state, Value returned) {
  List& results = *as_list(state[2]);
  if (!returned.is_missing() && !context.append(results, returned)) return Step::fail();
  const List& rows = *as_list(state[1]);
  if (results.length == rows.length) return Step::finish(state[2]);
  const Value row = rows.items[results.length];
  if (!state[3].as_bool()) return Step::call(state[0], {row});
  const std::span<const Value> v = as_tuple(row)->values();
  return v.size() == 2 ? Step::call(state[0], {v[0], v[1]})
                       : Step::call(state[0], {v[0], v[1], v[2]});
}

// state: function, items, results, position of the element that is being looked at
Step filter_step(Context& context, std::span<Value> state, Value returned) {
  const List& items = *as_list(state[1]);
  std::int64_t i = state[3].as_small_int();
  if (!returned.is_missing()) {
    if (truth(returned) && !context.append(*as_list(state[2]), items.items[i])) return Step::fail();
    ++i;
  }
  if (i == items.length) return Step::finish(state[2]);
  state[3] = Value::small_int(i);
  return Step::call(state[0], {items.items[i]});
}

}  // namespace

Value fn_sorted(Context& context, const Args& args) {
  Value v[3];
  if (!args.bind(context, {"x", "*", "key?", "reverse?"}, v)) return Value::failed();
  const bool reverse = !v[2].is_missing() && truth(v[2]);
  const Value items = to_value(to_list(context, v[0], "sorted: for parameter iterable"));
  if (items.is_failed()) return items;
  if (context.strict() && v[1].is_none()) want_callable(context, args, "key", v[1]);
  if (context.has_failed()) return Value::failed();
  if (v[1].is_missing() || v[1].is_none()) return finish_sorted(context, items, items, reverse);
  if (!want_callable(context, args, "key", v[1])) return Value::failed();
  const Value keys = to_value(context.list(as_list(items)->length));
  if (keys.is_failed()) return keys;
  return context.enter(sorted_step, {items, v[1], keys, Value::boolean(reverse)});
}

Value fn_min(Context& context, const Args& args) {
  return min_or_max(context, args, false);
}
Value fn_max(Context& context, const Args& args) {
  return min_or_max(context, args, true);
}

Value fn_map(Context& context, const Args& args) {
  if (!args.no_keywords(context) || !args.check_count(context, 2, 1 + Step::kMaxArguments)) {
    return Value::failed();
  }
  const Value function = args.positional[0];
  if (!want_callable(context, args, "function", function)) return Value::failed();
  const bool several = args.positional.size() > 2;
  Value rows;
  if (several) {
    Args columns = args;
    columns.positional = args.positional.subspan(1);
    rows = fn_zip(context, columns);
  } else {
    rows = to_value(to_list(context, args.positional[1], "map"));
  }
  if (rows.is_failed()) return rows;
  const Value results = to_value(context.list(as_list(rows)->length));
  if (results.is_failed()) return results;
  return context.enter(map_step, {function, rows, results, Value::boolean(several)});
}

Value fn_filter(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"function", "x", "/"}, v)) return Value::failed();
  const Value items = to_value(to_list(context, v[1], "filter"));
  const Value results = items.is_failed() ? items : to_value(context.list());
  if (results.is_failed()) return results;
  if (v[0].is_none()) {
    for (Value item : as_list(items)->values()) {
      if (truth(item) && !context.append(*as_list(results), item)) return Value::failed();
    }
    return results;
  }
  if (!want_callable(context, args, "function", v[0])) return Value::failed();
  return context.enter(filter_step, {v[0], items, results, Value::small_int(0)});
}

}  // namespace larkspur::starlark::lib
