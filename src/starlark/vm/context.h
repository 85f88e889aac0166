// What a native function may do to the script that called it: take memory, charge for work, make
// values, fail, print, and ask the machine to call back into the script.
//
// Every function here that can fail has then recorded the error; the caller gives up at once by
// returning Value::failed() (or false, or nullptr) up to the machine. Limits are terminal: no
// script catches them.
//
// Natives hold raw object pointers only between two calls into the machine: the collector runs at
// safe points of the interpreter, never inside a native.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "starlark/starlark.h"
#include "starlark/vm/heap.h"
#include "starlark/vm/objects.h"

namespace larkspur::starlark {

class Tasks;
struct Step;
// A native frame: see vm/builtin.h.
using StepFunction = Step (*)(Context&, std::span<Value> state, Value returned);

class Context {
 public:
  explicit Context(const Limits& limits);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Dialect::strict: starlark-go's, where the elements of a string are its bytes, which need not be
  // UTF-8 then.
  bool strict() const { return strict_; }
  void set_strict(bool strict) { strict_ = strict; }

  // --- Budget ---

  Heap& heap() { return heap_; }
  const Limits& limits() const { return limits_; }

  // Takes `steps` from the script's budget, before the work is done. About one step for 10 ns: one
  // for an element visited, one for 64 bytes scanned or copied (charge_bytes). This is also where a
  // native notices that the script is cancelled or out of time: one that has charged for more than
  // a slice and works on for long calls charge(0) every millisecond or so, which costs next to
  // nothing.
  bool charge(std::uint64_t steps) {
    if (steps < static_cast<std::uint64_t>(fuel_.left)) {
      fuel_.left -= static_cast<std::int64_t>(steps);
      return true;
    }
    return charge_slow(steps);
  }
  // In a loop whose work was charged for at once: looks every 16,384 turns.
  bool goes_on(std::size_t turn) { return turn % 16'384 != 16'383 || charge(0); }
  bool charge_bytes(std::size_t bytes) { return charge(bytes / 64); }

  std::uint64_t steps_used() const { return limits_.steps - steps_left_ - fuel_.total(); }
  // Makes the next charges fail. Any thread may.
  void request_cancel() { cancel_requested_.store(true, std::memory_order_relaxed); }

  std::size_t peak_memory_bytes() const { return heap_.peak_bytes(); }

  // Says before work begins that it will need `bytes` of the heap; fails where they do not fit.
  // Takes nothing.
  bool reserve(std::size_t bytes) { return heap_.has_room(bytes) || out_of_memory(); }
  // Records the memory-limit error, for whoever took memory from the heap and got none. Always
  // false.
  bool out_of_memory();

  // --- Errors ---

  // A runtime error of the script. `message` as starlark-go words it; `hint` says what to do
  // instead, and may be empty. What the message quotes ("...") and its numbers count as values of
  // the script and are left out of the form for logs; where that is not so, or not enough, give
  // `value_free`.
  Value fail(std::string message, std::string hint = {}, std::string value_free = {});
  Value fail(ErrorKind kind, std::string message, std::string hint = {},
             std::string value_free = {});
  bool has_failed() const { return error_ != nullptr; }
  // Not by a limit.
  bool failed_by_script() const { return error_ != nullptr && error_->kind == ErrorKind::kRuntime; }
  // starlark-go's messages of natives begin with their name; most of ours do already.
  void name_failed_function(std::string_view name);
  // The recorded error, out of here.
  Diagnostic take_error() {
    Diagnostic error = std::move(*error_);
    error_.reset();
    return error;
  }
  // An error from outside: it comes before what may be recorded already.
  void replace_error(ErrorKind kind, std::string message) {
    error_.reset();
    fail(kind, std::move(message));
  }

  // --- Values. Value::failed() or nullptr when memory ran out. ---

  Value integer(std::int64_t i) {
    return Value::fits_small_int(i) ? Value::small_int(i) : big_integer(i);
  }
  // Any size; leading zero limbs and numbers that fit 62 bits are welcome.
  Value integer(std::span<const std::uint64_t> magnitude, bool negative);
  Value real(double d) {
    return Value::fits_small_float(d) ? Value::small_float(d) : boxed_float(d);
  }
  // REQUIRES: text is valid UTF-8. Charges for the bytes. `text` may lie on the heap.
  Value string(std::string_view text) {
    return text.size() <= Value::kMaxInlineString ? Value::inline_string(text) : long_string(text);
  }
  // The same for bytes [begin, begin + size) of `source`'s text; shares them where that pays.
  Value substring(Value source, std::size_t begin, std::size_t size);
  // a + b for two strings. Where `a` ends its buffer, `b` is appended in place: `s += x` in a loop
  // is linear.
  Value concat(Value a, Value b);
  Value bytes(std::string_view data);

  List* list(std::size_t capacity = 0);
  // Its items are None until they are set.
  Tuple* tuple(std::size_t size);
  Value tuple(std::span<const Value> items);
  Dict* dict(std::size_t capacity = 0);
  Set* set(std::size_t capacity = 0);
  // Its fields are to be set before anybody sees it.
  Struct* structure(std::size_t capacity, Value constructor = Value::none());
  // REQUIRES: step != 0.
  Value range(std::int64_t start, std::int64_t stop, std::int64_t step);
  Value bound_method(const Builtin& method, Value self);
  Value foreign(const ForeignType& type, std::initializer_list<Value> fields);
  // Its `values` captures and defaults are to be filled in.
  Function* function(const Proto& proto, std::size_t values);
  Value cell(Value value);

  // Appends; the caller has checked that the list may change. Amortised O(1).
  bool append(List& list, Value value) {
    if (list.length < list.capacity) {
      list.items[list.length++] = value;
      return true;
    }
    return append_slow(list, value);
  }
  bool grow(List& list, std::size_t capacity);

  // The checks before a list, dict or set changes: frozen, or running under a loop. `verb` as in
  // "insert into", "append to".
  bool check_mutable(const Object& object, std::string_view verb) {
    if (object.iterations == 0 && !object.has(Object::kFrozen)) [[likely]]
      return true;
    return fail_immutable(object, verb);
  }

  // What a module keeps from one call to the next: compiled patterns, time zones. No Values.
  enum class Memo : std::uint8_t { kPatterns, kZones };
  std::shared_ptr<void>& memo(Memo which) { return memos_[static_cast<std::size_t>(which)]; }

  // --- The outside ---

  // One line of output, without its newline.
  bool print(std::string_view line);

  // A failed assertion of a test suite, with the call stack. The script goes on.
  void report(std::string message);

  // Goes on in a native frame: see vm/builtin.h. To be returned at once.
  Value enter(StepFunction step, std::initializer_list<Value> state);
  // Runs the functions as tasks: see vm/parallel.cc. To be returned at once.
  Value start_group(List* functions, std::uint32_t limit, bool collect);

 private:
  friend class Tasks;
  friend class StringBuilder;
  friend class Interpreter;
  friend class Machine;

  void begin_slice();
  void end_slice();
  // False, with the error recorded, when the script is cancelled or out of CPU time.
  bool may_go_on(std::uint64_t steps);
  bool charge_slow(std::uint64_t steps);
  bool fail_immutable(const Object& object, std::string_view verb);
  Value big_integer(std::int64_t i);
  Value boxed_float(double d);
  bool append_slow(List& list, Value value);
  Value long_string(std::string_view text);
  Buffer* buffer(std::size_t capacity);
  // A string over `text`, which lies in `buffer`.
  Value shared_string(Buffer& buffer, std::string_view text, bool ascii);
  // Memory for an object with its header filled in; the rest is the caller's.
  template <class T>
  T* make(std::size_t bytes, Type type) {
    auto* object = static_cast<T*>(heap_.allocate(bytes));
    if (object == nullptr) {
      out_of_memory();
      return nullptr;
    }
    static_cast<Object&>(*object) = {.type = type};
    return object;
  }
  bool make_table(Table& table, std::size_t capacity);

  Fuel fuel_;  // before the heap, which interrupts it
  Heap heap_;
  std::uint64_t steps_left_ = 0;      // steps left after this slice
  std::uint64_t slice_began_ = 0;     // by Limits::cpu_clock
  std::uint64_t cpu_used_ = 0;        // of the slices before
  std::uint64_t steps_to_clock_ = 0;  // to charge before the clock is looked at again
  std::atomic<bool> cancel_requested_ = false;
  bool strict_ = false;
  std::uint64_t functions_made_ = 0;
  std::unique_ptr<Diagnostic> error_;
  std::shared_ptr<void> memos_[2];
  Tasks* tasks_ = nullptr;
  Limits limits_;
};

}  // namespace larkspur::starlark
