#include "starlark/vm/collector.h"

#include <algorithm>

namespace larkspur::starlark {
namespace {

constexpr std::size_t kMinStack = 1024;

bool holds_values(const Object& object) {
  switch (object.type) {
    case Type::kString:
      return object.has(Object::kShared);
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kSet:
    case Type::kStruct:
    case Type::kForeign:
    case Type::kFunction:
    case Type::kBoundMethod:
    case Type::kCell:
    case Type::kIterator:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Every time that the stack overflows it has taken in as many objects as it has room for, and no
// object goes in twice: so there are at most 16 walks over the heap, with cells of 16 bytes.
Collector::Collector(Heap& heap)
    : heap_(heap), stack_limit_(std::max(kMinStack, heap.limit_bytes() / 32 / sizeof(Object*))) {}

void Collector::mark(Object* object) {
  if ((object->flags & (Object::kStatic | Object::kMarked)) != 0) return;
  object->flags |= Object::kMarked;
  ++work_;
  if (!holds_values(*object)) return;
  if (stack_.size() < stack_limit_) {
    stack_.push_back(object);
  } else {
    object->flags |= Object::kDeferred;
    deferred_ = true;
  }
}

void Collector::scan(Object& object) {
  Value value = Value::object(&object);
  switch (object.type) {
    case Type::kString:
      mark(static_cast<String&>(object).shared().buffer);
      break;
    case Type::kList: {
      List& list = *as_list(value);
      mark_block(list.items);
      mark(list.values());
      break;
    }
    case Type::kTuple:
      mark(as_tuple(value)->values());
      break;
    case Type::kForeign:
      mark({static_cast<Foreign&>(object).fields(), object.length});
      break;
    case Type::kDict:
    case Type::kSet:
    case Type::kStruct: {
      if (object.type == Type::kStruct) mark(static_cast<Struct&>(object).constructor);
      Table& table = static_cast<Table&>(object);
      mark_block(table.entries);
      mark_block(table.index);
      for (std::uint32_t i = table.first; i < table.used; ++i) {
        mark(table.entries[i].key);
        mark(table.entries[i].value);
      }
      break;
    }
    case Type::kFunction:
      mark({static_cast<Function&>(object).values(), object.length});
      break;
    case Type::kBoundMethod:
      mark(static_cast<BoundMethod&>(object).self);
      break;
    case Type::kCell:
      mark(static_cast<Cell&>(object).value);
      break;
    case Type::kIterator:
      mark(static_cast<Loop&>(object).container);
      break;
    default:
      break;
  }
}

void Collector::drain() {
  while (!stack_.empty()) {
    Object* object = stack_.back();
    stack_.pop_back();
    scan(*object);
  }
}

std::uint64_t Collector::finish() {
  drain();
  while (deferred_) {
    deferred_ = false;
    heap_.for_each_cell([this](Object& cell) {
      ++work_;
      if (!cell.has(Object::kDeferred)) return;
      cell.flags &= static_cast<std::uint8_t>(~Object::kDeferred);
      scan(cell);
      drain();
    });
  }
  std::size_t cells = heap_.sweep();
  return work_ / 2 + cells / 4;
}

}  // namespace larkspur::starlark
