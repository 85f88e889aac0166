// The operations of the language on values, as the interpreter and the natives share them: truth,
// equality, order, hash, text form, iteration, arithmetic, indexing.
//
// All walk nested values without recursion on the C++ stack that a script could drive deep, and
// charge for each value that they visit. `false` or Value::failed() means that an error was
// recorded.
#pragma once

#include <cstdint>
#include <string_view>

#include "starlark/vm/context.h"
#include "starlark/vm/strings.h"

namespace larkspur::starlark {

// --- compare.cc ---

bool truth(Value value);  // None, False, 0, 0.0, and what is empty are false

enum class Order : signed char { kLess = -1, kEqual = 0, kGreater = 1 };

// a == b. 1 == 1.0; values of unrelated types are unequal, never an error.
bool equal(Context& context, Value a, Value b, bool& result);
// a <=> b; an error where the two have no order ("int < string not implemented").
// `symbol` names the operation in that error.
bool compare(Context& context, Value a, Value b, Order& result, std::string_view symbol = "<");
enum class CompareOp : std::uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };
// a < b and its kin; sets compare as subset and superset.
bool compares(Context& context, CompareOp op, Value a, Value b, bool& result);
// Exact comparison of two numbers, floats and ints of any size; NaN is equal to itself and above
// all.
Order compare_numbers(Value a, Value b);

// --- hash.cc ---

// Equal values have equal hashes, 1 and 1.0 too. Fails for what is not hashable.
bool hash_of(Context& context, Value value, std::uint32_t& result);
std::uint32_t hash_text(std::string_view text);  // never 0

// --- repr.cc ---

// repr(value): what a script would write. Cycles print as [...].
bool append_repr(StringBuilder& out, Value value);
// str(value): a string as it is, everything else as repr.
bool append_str(StringBuilder& out, Value value);
// At most `limit` bytes of repr, for messages.
std::string short_repr(Context& context, Value value, std::size_t limit = 60);

// --- iterate.cc ---

// Runs over an iterable. It holds no lock on it: natives run to their end before the script goes
// on. Strings and numbers are not iterable.
class Iterator {
 public:
  // When it is not one: "sorted: got int, want iterable", where `what` is "sorted".
  bool start(Context& context, Value iterable, std::string_view what = {});
  // False at the end. Charges nothing: charge for remaining() first. A range's ints always fit.
  bool next(Context& context, Value& out);
  std::size_t remaining() const { return remaining_; }  // an upper bound, exact at the start

 private:
  Value iterable_;
  std::size_t position_ = 0;
  std::size_t remaining_ = 0;
};
bool is_iterable(Value value);
// Number of elements, or -1 where the value has no length. Of a string: its code points, so where
// the dialect may be strict ask element_count.
std::int64_t length_of(Value value);
// A new list of the elements; charges for them and reserves their memory first.
List* to_list(Context& context, Value iterable, std::string_view what = {});
Value range_at(Context& context, const Range& range, std::int64_t index);

// --- arithmetic.cc, sequence.cc ---

enum class BinaryOp : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kFloorDiv,
  kMod,
  kAnd,
  kOr,
  kXor,
  kShiftLeft,
  kShiftRight,
  kPower,
};
std::string_view symbol_of(BinaryOp op);
Value binary(Context& context, BinaryOp op, Value a, Value b);
// +=, |= ...: lists, dicts and sets change in place, everything else is binary().
Value binary_in_place(Context& context, BinaryOp op, Value a, Value b);
Value negate(Context& context, Value a);
Value unary_plus(Context& context, Value a);
Value bit_not(Context& context, Value a);
// `text % values`. Defined by lib/.
Value format_percent(Context& context, Value format, Value operand);

// item in container
bool contains(Context& context, Value container, Value item, bool& result);
// container[key], container[key] = value, del container[key]
Value get_item(Context& context, Value container, Value key);
bool set_item(Context& context, Value container, Value key, Value value);
bool delete_item(Context& context, Value container, Value key);
// container[start:stop:step]; missing() or None where a bound is left out.
Value get_slice(Context& context, Value container, Value start, Value stop, Value step);

// value.name: a bound method or a member of a module. missing() where there is none.
Value find_attribute(Context& context, Value value, std::string_view name);
// The same, with the error and its "did you mean".
Value get_attribute(Context& context, Value value, std::string_view name);

// value.name = to. Only values of a few foreign types have such fields.
bool set_attribute(Context& context, Value value, std::string_view name, Value to);

// An index or bound given by a script as an int: its value, clamped to int64. Fails for other
// types.
bool to_index(Context& context, Value value, std::int64_t& result, std::string_view what);

// Makes `value` and all that can be reached from it immutable, for good.
bool freeze(Context& context, Value value);

}  // namespace larkspur::starlark
