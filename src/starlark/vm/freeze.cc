// Deep freezing, without recursion: the values to look into wait in a list.
#include <vector>

#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

class Freezer {
 public:
  explicit Freezer(Context& context) : context_(context) {}

  bool run(Value value) {
    meet(value);
    while (!pending_.empty()) {
      Object* object = pending_.back();
      pending_.pop_back();
      if (!context_.charge(1 + object->length / 4)) return false;
      look_into(*object);
    }
    return true;
  }

 private:
  void meet(Value value) {
    if (!value.is_object()) return;
    Object* object = value.as_object();
    if (object->has(Object::kStatic) || object->has(Object::kFrozen)) return;
    object->flags |= Object::kFrozen;
    pending_.push_back(object);
  }
  void meet_all(std::span<const Value> values) {
    for (const Value value : values) meet(value);
  }

  void look_into(Object& object) {
    switch (object.type) {
      case Type::kList:
        return meet_all(static_cast<List&>(object).values());
      case Type::kTuple:
        return meet_all(static_cast<Tuple&>(object).values());
      case Type::kDict:
      case Type::kSet:
      case Type::kStruct: {
        if (object.type == Type::kStruct) meet(static_cast<Struct&>(object).constructor);
        std::uint32_t position = 0;
        while (const Entry* entry = table_next(static_cast<Table&>(object), position)) {
          meet(entry->key);
          meet(entry->value);
        }
        return;
      }
      case Type::kFunction:
        return meet_all({static_cast<Function&>(object).values(), object.length});
      case Type::kBoundMethod:
        return meet(static_cast<BoundMethod&>(object).self);
      case Type::kForeign:
        return meet_all({static_cast<Foreign&>(object).fields(), object.length});
      case Type::kCell:
        return meet(static_cast<Cell&>(object).value);
      default:
        return;
    }
  }

  Context& context_;
  std::vector<Object*> pending_;
};

}  // namespace

bool freeze(Context& context, Value value) {
  return Freezer(context).run(value);
}

}  // namespace larkspur::starlark
