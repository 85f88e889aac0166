// The longer instructions, out of the way of the loop.

#include <fmt/format.h>

#include "starlark/lib/format.h"
#include "starlark/vm/interpreter.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {

bool Interpreter::begin_frame_of_native(Task& task, StepFunction step,
                                        std::span<const Value> state) {
  std::uint32_t base = task.stack_end();
  auto size = static_cast<std::uint32_t>(state.size());
  if (!reserve_registers(context_, task, base + size + 1)) return false;
  Frame* frame = push_frame(context_, task);
  if (frame == nullptr) return false;
  *frame = {.proto = nullptr,
            .step = step,
            .function = nullptr,
            .base = base,
            .result = 0,
            .size = static_cast<std::uint16_t>(size)};
  std::copy(state.begin(), state.end(), task.registers + base);
  task.at(base + size) = Value::missing();
  return true;
}

Value Interpreter::make_function(Task& task, const Frame& frame, const Proto& proto,
                                 std::uint32_t defaults) {
  std::size_t count = proto.captures.size() + proto.defaults;
  Function* function = context_.function(proto, count);
  if (function == nullptr) return Value::failed();
  Value* out = function->values();
  for (const Capture& capture : proto.captures) {
    *out++ = capture.from_parent_capture ? frame.function->values()[capture.index]
                                         : task.at(frame.base + capture.index);
  }
  std::copy_n(task.registers + frame.base + defaults, proto.defaults, out);
  return Value::object(function);
}

bool Interpreter::unpack(Value sequence, std::uint32_t count, Value* out) {
  if (!is_iterable(sequence)) {
    context_.fail(fmt::format("got {} in sequence assignment", type_name(sequence)));
    return false;
  }
  std::int64_t length = length_of(sequence);
  List* collected = length >= 0 ? nullptr : to_list(context_, sequence);
  if (collected != nullptr) {
    sequence = Value::object(collected);
    length = collected->length;
  } else if (length < 0) {
    return false;
  }
  if (length != count) {
    context_.fail(fmt::format("too {} values to unpack (got {}, want {})",
                              length < count ? "few" : "many", length, count));
    return false;
  }
  Iterator items;
  if (!items.start(context_, sequence) || !context_.charge(count / 4)) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!items.next(context_, out[i])) return false;
  }
  return true;
}

Value Interpreter::fail_unbound(std::string_view scope, std::string_view name) {
  return context_.fail(fmt::format("{} variable {} referenced before assignment", scope, name));
}

bool Interpreter::freeze_globals(std::uint32_t first, std::uint32_t end) {
  for (std::uint32_t i = first; i < end; ++i) {
    if (!freeze(context_, env_.globals[i])) return false;
  }
  return true;
}

bool Interpreter::check_recursion(Task& task) {
  const Proto* proto = task.top().proto;
  if (!context_.charge(task.depth / 16)) return false;
  for (std::uint32_t i = 0; i + 1 < task.depth; ++i) {
    if (task.frames[i].proto != proto) continue;
    context_.fail(fmt::format("function {} called recursively", proto->name));
    return false;
  }
  return true;
}

bool Interpreter::insert_unique(Value dict, Value key, Value value) {
  Dict& table = *as_dict(dict);
  std::uint32_t before = table.length;
  if (!table_set(context_, table, key, value)) return false;
  return table.length != before || fail_duplicate(key);
}

bool Interpreter::fail_duplicate(Value key) {
  std::string shown = short_repr(context_, key);
  context_.fail(fmt::format("duplicate key: {}", shown), {}, "duplicate key");
  return false;
}

Value Interpreter::format(Value value, char conversion, Value spec) {
  StringBuilder out(context_);
  if (!append_formatted(out, value, conversion,
                        spec.is_missing() ? std::string_view() : text_of(spec))) {
    return Value::failed();
  }
  return out.finish();
}

Value Interpreter::concat(std::span<const Value> parts) {
  StringBuilder out(context_);
  for (const Value& part : parts) {
    if (!append_str(out, part)) return Value::failed();
  }
  return out.finish();
}

}  // namespace larkspur::starlark
