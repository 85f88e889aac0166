#include "starlark/vm/loops.h"

#include <fmt/format.h>

#include <limits>

#include "starlark/vm/operations.h"

namespace larkspur::starlark {
namespace {

constexpr std::size_t kLoopBlockBytes = sizeof(Loop) - sizeof(Object);
static_assert(kLoopBlockBytes == 32, "a size of block: the cell is as long as the Loop");

bool changes(Type type) {
  return type == Type::kList || type == Type::kDict || type == Type::kSet;
}

}  // namespace

Value begin_loop(Context& context, Value container) {
  if (!is_iterable(container)) {
    return context.fail(fmt::format("{} value is not iterable", type_name(container)),
                        is_string(container)
                            ? "use s.elems() for its characters, s.split() for its parts"
                        : container.is_none() ? "the value is None: did a call return nothing?"
                                              : "");
  }
  Object* object = container.as_object();
  if (changes(object->type) && object->iterations == std::numeric_limits<std::uint16_t>::max()) {
    return context.fail(fmt::format("too many loops over one {}", type_name(object->type)));
  }
  // A block, because end_loop gives it back: most loops end before the next collection.
  std::size_t bytes = kLoopBlockBytes;
  void* block = context.heap().allocate_block(bytes);
  if (block == nullptr) return context.out_of_memory(), Value::failed();
  auto* loop = static_cast<Loop*>(Heap::header_of(block));
  static_cast<Object&>(*loop) = {.type = Type::kIterator,
                                 .length = static_cast<std::uint32_t>(object->type)};
  loop->container = container;
  loop->position = 0;
  loop->remaining = 0;
  loop->step = 0;
  if (object->type == Type::kRange) {
    Range* range = as_range(container);
    loop->position = range->start;
    loop->remaining = range->count;
    loop->step = range->step;
  }
  if (changes(object->type)) ++object->iterations;
  return Value::object(loop);
}

bool next_element(Loop& loop, Value& out) {
  switch (static_cast<Type>(loop.length)) {
    case Type::kRange:
      return next_of_range(loop, out);
    case Type::kList:
      return next_of_list(loop, out);
    case Type::kTuple: {
      Tuple* tuple = as_tuple(loop.container);
      if (loop.position >= tuple->length) return false;
      out = tuple->items()[loop.position++];
      return true;
    }
    case Type::kDict:
    case Type::kSet: {
      auto position = static_cast<std::uint32_t>(loop.position);
      const Entry* entry = table_next(*object_cast<Table>(loop.container), position);
      loop.position = position;
      if (entry == nullptr) return false;
      out = entry->key;
      return true;
    }
    case Type::kForeign:
      out = object_cast<Foreign>(loop.container)->foreign->element(loop.container, loop.position);
      return !out.is_missing();
    default: {
      Bytes* bytes = as_bytes(loop.container);
      if (loop.position >= bytes->length) return false;
      out = Value::small_int(static_cast<unsigned char>(bytes->bytes()[loop.position++]));
      return true;
    }
  }
}

void end_loop(Context& context, Value& iterator) {
  auto* loop = object_cast<Loop>(iterator);
  Object* object = loop->container.as_object();
  if (changes(object->type)) --object->iterations;
  context.heap().free_block(static_cast<Object*>(loop) + 1, kLoopBlockBytes);
  iterator = Value::missing();
}

}  // namespace larkspur::starlark
