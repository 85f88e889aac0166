#include <fmt/format.h>

#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {

std::int64_t length_of(Value value) {
  switch (type_of(value)) {
    case Type::kString:
      return static_cast<std::int64_t>(code_points(value));
    case Type::kBytes:
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kSet:
      return value.as_object()->length;
    case Type::kRange:
      return as_range(value)->count;
    case Type::kForeign: {
      const ForeignType& type = *object_cast<Foreign>(value)->foreign;
      return type.indexed ? static_cast<std::int64_t>(type.count(value)) : -1;
    }
    default:
      return -1;
  }
}

bool is_iterable(Value value) {
  if (type_of(value) == Type::kForeign)
    return object_cast<Foreign>(value)->foreign->element != nullptr;
  return length_of(value) >= 0 && !is_string(value);
}

bool Iterator::start(Context& context, Value iterable, std::string_view what) {
  if (!is_iterable(iterable)) {
    context.fail(what.empty() ? fmt::format("{} value is not iterable", type_name(iterable))
                              : fmt::format("{}: got {}, want iterable", what, type_name(iterable)),
                 is_string(iterable) ? "use s.elems() for its characters" : "");
    return false;
  }
  iterable_ = iterable;
  position_ = 0;
  remaining_ = type_of(iterable) == Type::kForeign
                   ? object_cast<Foreign>(iterable)->foreign->count(iterable)
                   : static_cast<std::size_t>(length_of(iterable));
  return true;
}

bool Iterator::next(Context& context, Value& out) {
  switch (type_of(iterable_)) {
    case Type::kList: {
      List* list = as_list(iterable_);
      if (position_ >= list->length) return false;
      out = list->items[position_++];
      break;
    }
    case Type::kTuple: {
      Tuple* tuple = as_tuple(iterable_);
      if (position_ >= tuple->length) return false;
      out = tuple->items()[position_++];
      break;
    }
    case Type::kDict:
    case Type::kSet: {
      auto position = static_cast<std::uint32_t>(position_);
      const Entry* entry = table_next(*object_cast<Table>(iterable_), position);
      position_ = position;
      if (entry == nullptr) return false;
      out = entry->key;
      break;
    }
    case Type::kBytes: {
      Bytes* bytes = as_bytes(iterable_);
      if (position_ >= bytes->length) return false;
      out = Value::small_int(static_cast<unsigned char>(bytes->bytes()[position_++]));
      break;
    }
    case Type::kForeign: {
      auto position = static_cast<std::int64_t>(position_);
      out = object_cast<Foreign>(iterable_)->foreign->element(iterable_, position);
      position_ = static_cast<std::size_t>(position);
      if (out.is_missing()) return false;
      break;
    }
    default: {
      Range* range = as_range(iterable_);
      if (remaining_ == 0) return false;
      out = range_at(context, *range, static_cast<std::int64_t>(position_++));
      break;
    }
  }
  --remaining_;
  return !out.is_failed();
}

Value range_at(Context& context, const Range& range, std::int64_t index) {
  auto offset = static_cast<std::uint64_t>(index) * static_cast<std::uint64_t>(range.step);
  return context.integer(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(range.start) + offset));
}

List* to_list(Context& context, Value iterable, std::string_view what) {
  Iterator iterator;
  if (!iterator.start(context, iterable, what)) return nullptr;
  std::size_t count = iterator.remaining();
  if (count > context.heap().limit_bytes() / sizeof(Value)) {
    context.out_of_memory();
    return nullptr;
  }
  if (!context.reserve(count * sizeof(Value)) || !context.charge(count)) return nullptr;
  List* list = context.list(count);
  if (list == nullptr) return nullptr;
  Value item;
  while (iterator.next(context, item)) {
    list->items[list->length++] = item;
    if (!context.goes_on(list->length)) return nullptr;
  }
  return context.has_failed() ? nullptr : list;
}

}  // namespace larkspur::starlark
