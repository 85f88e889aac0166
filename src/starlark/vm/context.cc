#include "starlark/vm/context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "starlark/vm/diagnose.h"

namespace larkspur::starlark {
namespace {

constexpr std::size_t kMaxMessageBytes = 2048;
constexpr std::uint64_t kStepsToClock = 20'000;

// The floats that do not fit a Value and are common: shared by all scripts.
constexpr Float shared_float(double d) {
  return {Object{.type = Type::kFloat, .flags = Object::kStatic}, d};
}
constexpr Float kZero = shared_float(0.0);
constexpr Float kMinusZero = shared_float(-0.0);
constexpr Float kInfinity = shared_float(std::numeric_limits<double>::infinity());
constexpr Float kMinusInfinity = shared_float(-std::numeric_limits<double>::infinity());
constexpr Float kNotANumber = shared_float(std::numeric_limits<double>::quiet_NaN());

}  // namespace

Context::Context(const Limits& limits)
    : heap_(limits.memory_bytes, &fuel_), steps_left_(limits.steps), limits_(limits) {}
Context::~Context() = default;

// --- Budget ---

void Context::begin_slice() {
  std::uint64_t wanted = std::max<std::uint64_t>(limits_.slice_steps, 1);
  std::uint64_t taken = std::min(wanted - std::min(wanted, fuel_.total()), steps_left_);
  fuel_.add(taken);
  steps_left_ -= taken;
  if (limits_.cpu_clock != nullptr) slice_began_ = limits_.cpu_clock();
  steps_to_clock_ = 0;
}

void Context::end_slice() {
  if (limits_.cpu_clock != nullptr) cpu_used_ += limits_.cpu_clock() - slice_began_;
}

bool Context::may_go_on(std::uint64_t steps) {
  if (cancel_requested_.load(std::memory_order_relaxed)) {
    fail(ErrorKind::kCancelled, "the script was cancelled");
    return false;
  }
  if (limits_.cpu_clock == nullptr || limits_.cpu_ns == 0) return true;
  if (steps < steps_to_clock_) {
    // A charge of nothing says that work goes on, of which there was some.
    const std::uint64_t work = steps == 0 ? kStepsToClock / 4 : steps;
    steps_to_clock_ -= std::min(steps_to_clock_, work);
    return true;
  }
  steps_to_clock_ = kStepsToClock;
  std::uint64_t used = cpu_used_ + (limits_.cpu_clock() - slice_began_);
  if (used <= limits_.cpu_ns) return true;
  fail(ErrorKind::kStepLimit,
       fmt::format("CPU time limit of {} ms exceeded", limits_.cpu_ns / 1'000'000),
       "do less work in one script: filter at the source, or split the script");
  return false;
}

bool Context::charge_slow(std::uint64_t steps) {
  if (!may_go_on(steps)) return false;
  std::uint64_t fuel = fuel_.total();
  if (steps <= fuel) {
    fuel_.take(steps);
    return true;
  }
  // More than this slice has left: the rest comes from the slices to come.
  fuel_.take(fuel);
  steps -= fuel;
  if (steps <= steps_left_) {
    steps_left_ -= steps;
    return true;
  }
  steps_left_ = 0;
  fail(ErrorKind::kStepLimit, fmt::format("step limit of {} exceeded", limits_.steps),
       "do less work in one script: filter at the source, or split the script");
  return false;
}

bool Context::out_of_memory() {
  fail(ErrorKind::kMemoryLimit,
       fmt::format("memory limit of {} bytes exceeded", limits_.memory_bytes),
       "keep only what you need of each result");
  return false;
}

// --- Errors ---

Value Context::fail(std::string message, std::string hint, std::string value_free) {
  return fail(ErrorKind::kRuntime, std::move(message), std::move(hint), std::move(value_free));
}

Value Context::fail(ErrorKind kind, std::string message, std::string hint, std::string value_free) {
  if (error_ != nullptr) return Value::failed();  // what comes after the first error is its echo
  if (message.size() > kMaxMessageBytes) {
    message.resize(truncate_utf8(message, kMaxMessageBytes).size());
    message += "...";
  }
  error_ = std::make_unique<Diagnostic>();
  error_->kind = kind;
  error_->value_free_message = value_free.empty() ? without_values(message) : std::move(value_free);
  error_->message = std::move(message);
  error_->hint = std::move(hint);
  return Value::failed();
}

void Context::name_failed_function(std::string_view name) {
  std::string& message = error_->message;
  if (error_->kind != ErrorKind::kRuntime || message.starts_with(name) ||
      (message.find(": ") != std::string::npos && !message.starts_with("unhashable"))) {
    return;
  }
  message = fmt::format("{}: {}", name, message);
}

bool Context::fail_immutable(const Object& object, std::string_view verb) {
  const bool table = object.type == Type::kDict || object.type == Type::kSet;
  const std::string_view what = strict_ && table ? "hash table" : type_name(object.type);
  if (object.has(Object::kFrozen)) {
    fail(fmt::format("cannot {} frozen {}", verb, what));
  } else {
    fail(fmt::format("cannot {} {} during iteration", verb, what),
         fmt::format("loop over a copy, for example list({}), or collect the changes first",
                     object.type == Type::kDict ? "d.items()" : "x"));
  }
  return false;
}

// --- Values ---

Value Context::big_integer(std::int64_t i) {
  std::uint64_t magnitude =
      i < 0 ? 0 - static_cast<std::uint64_t>(i) : static_cast<std::uint64_t>(i);
  return integer({&magnitude, 1}, i < 0);
}

Value Context::integer(std::span<const std::uint64_t> magnitude, bool negative) {
  while (!magnitude.empty() && magnitude.back() == 0)
    magnitude = magnitude.first(magnitude.size() - 1);
  if (magnitude.empty()) return Value::small_int(0);
  if (magnitude.size() == 1 && magnitude[0] <= (std::uint64_t{1} << 61)) {
    std::int64_t i = static_cast<std::int64_t>(magnitude[0]);
    if (negative) i = -i;
    if (Value::fits_small_int(i)) return Value::small_int(i);
  }
  auto* big = make<BigInt>(sizeof(BigInt) + magnitude.size_bytes(), Type::kInt);
  if (big == nullptr) return Value::failed();
  big->flags = negative ? Object::kNegative : 0;
  big->length = static_cast<std::uint32_t>(magnitude.size());
  std::copy(magnitude.begin(), magnitude.end(), big->limbs());
  return Value::object(big);
}

Value Context::boxed_float(double d) {
  if (d == 0) return Value::object(std::signbit(d) ? &kMinusZero : &kZero);
  if (std::isinf(d)) return Value::object(d < 0 ? &kMinusInfinity : &kInfinity);
  if (std::isnan(d)) return Value::object(&kNotANumber);
  auto* boxed = make<Float>(sizeof(Float), Type::kFloat);
  if (boxed == nullptr) return Value::failed();
  boxed->value = d;
  return Value::object(boxed);
}

List* Context::list(std::size_t capacity) {
  auto* list = make<List>(sizeof(List), Type::kList);
  if (list == nullptr) return nullptr;
  list->capacity = 0;
  list->items = nullptr;
  if (capacity > 0 && !grow(*list, capacity)) return nullptr;
  return list;
}

bool Context::grow(List& list, std::size_t capacity) {
  if (capacity <= list.capacity) return true;
  if (capacity > std::numeric_limits<std::uint32_t>::max() / 2) return out_of_memory();
  std::size_t bytes = capacity * sizeof(Value);
  void* items = heap_.grow_block(list.items, list.capacity * sizeof(Value),
                                 list.length * sizeof(Value), bytes);
  if (items == nullptr) return out_of_memory();
  list.items = static_cast<Value*>(items);
  list.capacity = static_cast<std::uint32_t>(bytes / sizeof(Value));
  return true;
}

bool Context::append_slow(List& list, Value value) {
  // Short lists double: most of what is ever copied is copied then.
  constexpr std::size_t kShort = 64;
  const std::size_t more = list.capacity < kShort ? list.capacity : list.capacity / 2;
  if (!grow(list, std::max<std::size_t>(4, list.capacity + more))) return false;
  list.items[list.length++] = value;
  return true;
}

Tuple* Context::tuple(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max() / 2) {
    out_of_memory();
    return nullptr;
  }
  auto* tuple = make<Tuple>(sizeof(Tuple) + size * sizeof(Value), Type::kTuple);
  if (tuple == nullptr) return nullptr;
  tuple->length = static_cast<std::uint32_t>(size);
  tuple->hash = 0;
  std::fill_n(tuple->items(), size, Value::none());
  return tuple;
}

Value Context::tuple(std::span<const Value> items) {
  Tuple* result = tuple(items.size());
  if (result == nullptr) return Value::failed();
  std::copy(items.begin(), items.end(), result->items());
  return Value::object(result);
}

Value Context::foreign(const ForeignType& type, std::initializer_list<Value> fields) {
  static_assert(sizeof(Foreign) == sizeof(Tuple));
  auto* result = make<Foreign>(sizeof(Foreign) + fields.size() * sizeof(Value), Type::kForeign);
  if (result == nullptr) return Value::failed();
  result->length = static_cast<std::uint32_t>(fields.size());
  result->foreign = &type;
  std::copy(fields.begin(), fields.end(), result->fields());
  return Value::object(result);
}

Value Context::range(std::int64_t start, std::int64_t stop, std::int64_t step) {
  auto* range = make<Range>(sizeof(Range), Type::kRange);
  if (range == nullptr) return Value::failed();
  // Distances may need all 64 bits; a count beyond int64 is cut, which no loop can notice.
  std::uint64_t distance = 0;
  std::uint64_t stride =
      step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  if (step > 0 && start < stop) {
    distance = static_cast<std::uint64_t>(stop) - static_cast<std::uint64_t>(start);
  } else if (step < 0 && start > stop) {
    distance = static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(stop);
  }
  std::uint64_t count = distance == 0 ? 0 : (distance - 1) / stride + 1;
  constexpr std::uint64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
  range->start = start;
  range->stop = stop;
  range->step = step;
  range->count = static_cast<std::int64_t>(std::min(count, kMaxCount));
  return Value::object(range);
}

Function* Context::function(const Proto& proto, std::size_t values) {
  auto* function = make<Function>(sizeof(Function) + values * sizeof(Value), Type::kFunction);
  if (function == nullptr) return nullptr;
  function->length = static_cast<std::uint32_t>(values);
  function->proto = &proto;
  function->id = functions_made_++;
  return function;
}

Value Context::cell(Value value) {
  auto* cell = make<Cell>(sizeof(Cell), Type::kCell);
  if (cell == nullptr) return Value::failed();
  cell->value = value;
  return Value::object(cell);
}

Value Context::bound_method(const Builtin& method, Value self) {
  auto* bound = make<BoundMethod>(sizeof(BoundMethod), Type::kBoundMethod);
  if (bound == nullptr) return Value::failed();
  bound->method = &method;
  bound->self = self;
  return Value::object(bound);
}

}  // namespace larkspur::starlark
