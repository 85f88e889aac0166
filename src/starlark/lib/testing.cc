#include "starlark/lib/testing.h"

#include <cmath>
#include <limits>

#include "base/text.h"
#include "starlark/lib/collections.h"
#include "starlark/lib/natives.h"
#include "starlark/lib/patterns.h"

namespace larkspur::starlark::lib {
namespace {

// --- Assertions ---

Value report(Context& context, std::string message) {
  if (!context.has_failed()) context.report(std::move(message));
  return context.has_failed() ? Value::failed() : Value::none();
}

std::string both(Context& context, Value x, std::string_view between, Value y) {
  std::string text = short_repr(context, x, 2000);
  return text.append(between).append(short_repr(context, y, 2000));
}

// Equal up to a unit in the last place: libraries round alike, but not always.
bool nearly_equal(Value x, Value y) {
  if (!is_float(x) && !is_float(y)) return false;
  const auto number = [](Value v) {
    return is_float(v)        ? as_float(v)
           : v.is_small_int() ? static_cast<double>(v.as_small_int())
                              : std::numeric_limits<double>::quiet_NaN();
  };
  const double a = number(x);
  const double b = number(y);
  return std::nextafter(a, b) == b;
}

bool are_equal(Context& context, Value x, Value y, bool& result) {
  if (!equal(context, x, y, result)) return false;
  result = result || nearly_equal(x, y);
  return true;
}

Value assert_eq(Context& context, const Args& args) {
  Value v[2];
  bool same;
  if (!args.bind(context, {"x", "y"}, v) || !are_equal(context, v[0], v[1], same))
    return Value::failed();
  return same ? Value::none() : report(context, both(context, v[0], " != ", v[1]));
}

Value assert_ne(Context& context, const Args& args) {
  Value v[2];
  bool same;
  if (!args.bind(context, {"x", "y"}, v) || !equal(context, v[0], v[1], same))
    return Value::failed();
  return same ? report(context, both(context, v[0], " == ", v[1])) : Value::none();
}

Value assert_truth(Context& context, const Args& args, bool wanted) {
  Value v[2] = {Value::missing(), Value::missing()};
  if (!args.bind(context, {"cond", "msg?"}, v)) return Value::failed();
  if (truth(v[0]) == wanted) return Value::none();
  const bool given = !v[1].is_missing() && is_string(v[1]);
  return report(context, given ? std::string(text_of(v[1])) : "assertion failed");
}
Value assert_true(Context& context, const Args& args) {
  return assert_truth(context, args, true);
}
Value assert_(Context& context, const Args& args) {
  return assert_truth(context, args, true);
}
Value assert_false(Context& context, const Args& args) {
  return assert_truth(context, args, false);
}

Value assert_lt(Context& context, const Args& args) {
  Value v[2];
  bool less;
  if (!args.bind(context, {"x", "y"}, v) ||
      !compares(context, CompareOp::kLess, v[0], v[1], less)) {
    return Value::failed();
  }
  return less ? Value::none() : report(context, both(context, v[0], " is not less than ", v[1]));
}

Value assert_contains(Context& context, const Args& args) {
  Value v[2];
  bool found;
  if (!args.bind(context, {"x", "y"}, v) || !contains(context, v[0], v[1], found))
    return Value::failed();
  return found ? Value::none() : report(context, both(context, v[0], " does not contain ", v[1]));
}

Value assert_fail(Context& context, const Args& args) {
  Value message;
  if (!args.bind(context, {"msg"}, &message)) return Value::failed();
  return report(context,
                is_string(message) ? std::string(text_of(message)) : short_repr(context, message));
}

const Builtin& try_call_function() {
  for (const Builtin& function : task_functions()) {
    if (function.name == "try_call") return function;
  }
  std::unreachable();
}

// state: function, pattern. What try_call makes of the call is judged when it returns.
Step fails_step(Context& context, std::span<Value> state, Value returned) {
  if (returned.is_missing()) return Step::call(Value::object(&try_call_function()), {state[0]});
  const Value error = table_find(context, *as_dict(returned), Value::inline_string("error"));
  if (error.is_none()) {
    return Step::finish(report(context, "evaluation succeeded unexpectedly (want error matching " +
                                            short_repr(context, state[1]) + ")"));
  }
  const re2::RE2* pattern = compiled_pattern(context, "assert.fails", text_of(state[1]));
  if (pattern == nullptr) return Step::fail();
  const std::string_view message = text_of(error);
  if (re2::RE2::PartialMatch(re2::StringPiece(message.data(), message.size()), *pattern))
    return Step::finish(Value::none());
  return Step::finish(report(context, "regular expression (" + std::string(text_of(state[1])) +
                                          ") did not match error (" + std::string(message) + ")"));
}

Value assert_fails(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"f", "pattern"}, v) || !want_callable(context, args, "f", v[0]) ||
      !want_string(context, args, "pattern", v[1])) {
    return Value::failed();
  }
  return context.enter(fails_step, {v[0], v[1]});
}

constexpr Builtin kAssertions[] = {
    {"contains", assert_contains}, {"eq", assert_eq}, {"fail", assert_fail},
    {"fails", assert_fails},       {"lt", assert_lt}, {"ne", assert_ne},
    {"true", assert_true},
};
constexpr NativeModule kAssert("assert", kAssertions);

// --- Values of types that only tests have ---

Value freeze(Context& context, const Args& args) {
  Value x;
  if (!args.bind(context, {"x"}, &x)) return Value::failed();
  return starlark::freeze(context, x) ? x : Value::failed();
}

Value int_mul_slow(Context& context, const Args& args) {
  Value v[2];
  if (!args.bind(context, {"x", "y"}, v)) return Value::failed();
  return binary(context, BinaryOp::kMul, v[0], v[1]);
}

// Fields that may be set: field 0 is a dict of them.
Dict& fields_of(Value self) {
  return *as_dict(object_cast<Foreign>(self)->fields()[0]);
}

Value get_field(Context& context, Value self, std::string_view name) {
  const Value key = context.string(name);
  return key.is_failed() ? key : table_find(context, fields_of(self), key);
}

std::vector<std::string_view> field_names(Value self) {
  std::vector<std::string_view> names;
  std::uint32_t position = 0;
  while (const Entry* entry = table_next(fields_of(self), position))
    names.push_back(text_of(entry->key));
  return names;
}

bool set_field(Context& context, Value self, std::string_view name, Value value) {
  if (fields_of(self).has(Object::kFrozen)) {
    context.fail("cannot set field on a frozen " + std::string(type_name(self)));
    return false;
  }
  const Value key = context.string(name);
  return !key.is_failed() && table_set(context, fields_of(self), key, value);
}

bool set_most_fields(Context& context, Value self, std::string_view name, Value value) {
  if (name.starts_with("no")) {
    const auto near = nearest(name, field_names(self));
    context.fail("no ." + std::string(name) + " field",
                 near ? "did you mean ." + std::string(*near) + "?" : "");
    return false;
  }
  return set_field(context, self, name, value);
}

Value add_to_list(Context&, BinaryOp op, Value a, Value) {
  return op == BinaryOp::kAdd && is_list(a) ? Value::small_int(42) : Value::missing();
}

bool write_type(StringBuilder& out, Value self) {
  return out.append(type_name(self));
}

constexpr ForeignType kHasFields = {.name = "hasfields",
                                    .attribute = get_field,
                                    .write = write_type,
                                    .binary = add_to_list,
                                    .store = set_most_fields,
                                    .names = field_names};
constexpr ForeignType kMutableStruct = {.name = "mutablestruct",
                                        .attribute = get_field,
                                        .write = write_type,
                                        .store = set_field,
                                        .names = field_names};

Value new_with_fields(Context& context, const Args& args, const ForeignType& type) {
  Dict* fields = context.dict();
  if (fields == nullptr || !update_by_keywords(context, *fields, args)) return Value::failed();
  return context.foreign(type, {Value::object(fields)});
}
Value hasfields(Context& context, const Args& args) {
  return new_with_fields(context, args, kHasFields);
}
Value mutablestruct(Context& context, const Args& args) {
  return new_with_fields(context, args, kMutableStruct);
}

Value call_symbol(Context& context, const Args& args) {
  return new_struct(context, args, args.self);
}
bool write_symbol(StringBuilder& out, Value self) {
  return out.append(text_of(object_cast<Foreign>(self)->fields()[0]));
}
constexpr ForeignType kSymbol = {.name = "symbol", .write = write_symbol, .call = call_symbol};

Value gensym(Context& context, const Args& args) {
  Value name;
  if (!args.bind(context, {"name"}, &name) || !want_string(context, args, "name", name))
    return Value::failed();
  return context.foreign(kSymbol, {name});
}

// 0, 1, 1, 2, 3, ...: an iterable without an end (after 90 elements it begins anew).
std::size_t endless(Value) {
  return std::numeric_limits<std::size_t>::max() / 2;
}
Value fibonacci_element(Value, std::int64_t& position) {
  std::int64_t x = 0;
  std::int64_t y = 1;
  for (std::int64_t i = position % 80; i > 0; --i) x = std::exchange(y, x + y);
  ++position;
  return Value::small_int(x);
}
bool write_fibonacci(StringBuilder& out, Value) {
  return out.append("fib");
}
constexpr ForeignType kFibonacci = {.name = "fib",
                                    .write = write_fibonacci,
                                    .count = endless,
                                    .element = fibonacci_element,
                                    .hashable = false};
constexpr Foreign kFibonacciValue = {{.type = Type::kForeign, .flags = Object::kStatic},
                                     &kFibonacci};

constexpr Builtin kFunctions[] = {
#define FUNCTION(name, summary) {#name, name},
#include "starlark/lib/testing.def"
};

}  // namespace

std::vector<std::pair<std::string_view, const Object*>> testing_values() {
  std::vector<std::pair<std::string_view, const Object*>> values = {
      {kAssert.name, &kAssert}, {"fibonacci", &kFibonacciValue}};
  for (const Builtin& function : kFunctions) values.emplace_back(function.name, &function);
  return values;
}

}  // namespace larkspur::starlark::lib
