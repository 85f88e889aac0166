// Set methods. Elements keep the order in which they came: the receiver's first.
#include <fmt/format.h>

#include "starlark/lib/collections.h"
#include "starlark/lib/natives.h"

namespace larkspur::starlark::lib {
namespace {

Set& self(const Args& args) {
  return *as_set(args.self);
}

Value to_value(Set* set) {
  return set == nullptr ? Value::failed() : Value::object(set);
}

// `iterable` itself where it is a set, else a new set of its elements.
Set* as_set_of(Context& context, Value iterable, std::string_view what) {
  if (is_set(iterable)) return as_set(iterable);
  Set* set = context.set();
  return set != nullptr && add_all(context, *set, iterable, what) ? set : nullptr;
}

// The elements of `from` that are (not) in `other`, appended to `to`.
bool add_where(Context& context, Set& to, const Set& from, const Set& other, bool is_in_other) {
  if (!context.charge(from.length)) return false;
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(from, position)) {
    const Value found = table_find(context, other, entry->key);
    if (found.is_failed()) return false;
    if (found.is_missing() != is_in_other && !set_add(context, to, entry->key)) return false;
  }
  return true;
}

// Adds the elements of all arguments.
bool add_arguments(Context& context, const Args& args, Set& to) {
  if (!args.named.empty()) {
    context.fail(message(args.function_name(), "does not accept keyword arguments"));
    return false;
  }
  for (std::size_t i = 0; i < args.positional.size(); ++i) {
    const Value x = args.positional[i];
    if (!is_iterable(x)) {
      context.fail(fmt::format("{}: argument #{} is not iterable: {}", args.function_name(), i + 1,
                               type_name(x)));
      return false;
    }
    if (!x.same(args.self) && !add_all(context, to, x, args.function_name())) return false;
  }
  return true;
}

Set* copy_of(Context& context, const Args& args) {
  Set* copy = context.set(self(args).length);
  return copy != nullptr && add_all(context, *copy, args.self, "copy") ? copy : nullptr;
}

// What is (not) in every one of the other iterables.
Set* filtered(Context& context, const Args& args, bool is_in_others) {
  if (!args.no_keywords(context)) return nullptr;
  Set* result = copy_of(context, args);
  for (Value x : args.positional) {
    const Set* other = result == nullptr ? nullptr : as_set_of(context, x, args.function_name());
    Set* next = other == nullptr ? nullptr : context.set();
    if (next == nullptr || !add_where(context, *next, *result, *other, is_in_others))
      return nullptr;
    result = next;
  }
  return result;
}

Set* symmetric_difference_of(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"other", "/"}, &x)) return nullptr;
  const Set* other = as_set_of(context, x, args.function_name());
  Set* result = other == nullptr ? nullptr : context.set();
  const bool fine = result != nullptr && add_where(context, *result, self(args), *other, false) &&
                    add_where(context, *result, *other, self(args), false);
  return fine ? result : nullptr;
}

// Makes the receiver hold what `result` holds.
Value assign(Context& context, const Args& args, Set* result) {
  if (result == nullptr || !context.check_mutable(self(args), "update") ||
      !table_clear(context, self(args)) ||
      !add_all(context, self(args), Value::object(result), args.function_name())) {
    return Value::failed();
  }
  return Value::none();
}

// Is every element of `small` in `large`?
Value is_part(Context& context, const Set& small, const Set& large) {
  if (small.length > large.length) return Value::boolean(false);
  if (!context.charge(small.length)) return Value::failed();
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(small, position)) {
    const Value found = table_find(context, large, entry->key);
    if (found.is_failed()) return found;
    if (found.is_missing()) return Value::boolean(false);
  }
  return Value::boolean(true);
}

// The only argument as a set; nullptr on an error.
Set* other_set(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"other", "/"}, &x)) return nullptr;
  return as_set_of(context, x, args.function_name());
}

}  // namespace

Value set_add(Context& context, const Args& args) {
  Value x;
  // A set that may not change takes not even what it has.
  if (!args.bind(context, {"x", "/"}, &x) || !context.check_mutable(self(args), "insert into"))
    return Value::failed();
  return table_set(context, self(args), x, Value::none()) ? Value::none() : Value::failed();
}

Value set_clear(Context& context, const Args& args) {
  if (!no_arguments(context, args)) return Value::failed();
  if (self(args).length == 0) return Value::none();
  if (!context.check_mutable(self(args), "clear") || !table_clear(context, self(args))) {
    return Value::failed();
  }
  return Value::none();
}

Value set_copy(Context& context, const Args& args) {
  return no_arguments(context, args) ? to_value(copy_of(context, args)) : Value::failed();
}

Value set_discard(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x) || !context.check_mutable(self(args), "delete from"))
    return Value::failed();
  return table_remove(context, self(args), x).is_failed() ? Value::failed() : Value::none();
}

Value set_remove(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x", "/"}, &x) || !context.check_mutable(self(args), "delete from"))
    return Value::failed();
  const Value removed = table_remove(context, self(args), x);
  if (removed.is_missing()) return context.fail("remove: missing key " + short_repr(context, x));
  return removed.is_failed() ? removed : Value::none();
}

Value set_pop(Context& context, const Args& args) {
  if (!no_arguments(context, args)) return Value::failed();
  const Entry* first = table_first(self(args));
  if (first == nullptr) return context.fail("pop: empty set");
  const Value element = first->key;
  return table_remove(context, self(args), element).is_failed() ? Value::failed() : element;
}

Value set_union(Context& context, const Args& args) {
  Set* result = copy_of(context, args);
  return result != nullptr && add_arguments(context, args, *result) ? to_value(result)
                                                                    : Value::failed();
}

Value set_update(Context& context, const Args& args) {
  const bool fine =
      context.check_mutable(self(args), "insert into") && add_arguments(context, args, self(args));
  return fine ? Value::none() : Value::failed();
}

Value set_difference(Context& context, const Args& args) {
  return to_value(filtered(context, args, false));
}
Value set_intersection(Context& context, const Args& args) {
  return to_value(filtered(context, args, true));
}
Value set_symmetric_difference(Context& context, const Args& args) {
  return to_value(symmetric_difference_of(context, args));
}
Value set_difference_update(Context& context, const Args& args) {
  return assign(context, args, filtered(context, args, false));
}
Value set_intersection_update(Context& context, const Args& args) {
  return assign(context, args, filtered(context, args, true));
}
Value set_symmetric_difference_update(Context& context, const Args& args) {
  return assign(context, args, symmetric_difference_of(context, args));
}

Value set_issubset(Context& context, const Args& args) {
  const Set* other = other_set(context, args);
  return other == nullptr ? Value::failed() : is_part(context, self(args), *other);
}

Value set_issuperset(Context& context, const Args& args) {
  const Set* other = other_set(context, args);
  return other == nullptr ? Value::failed() : is_part(context, *other, self(args));
}

Value set_isdisjoint(Context& context, const Args& args) {
  const Set* other = other_set(context, args);
  Set* common = other == nullptr ? nullptr : context.set();
  if (common == nullptr || !add_where(context, *common, self(args), *other, true))
    return Value::failed();
  return Value::boolean(common->length == 0);
}

}  // namespace larkspur::starlark::lib
