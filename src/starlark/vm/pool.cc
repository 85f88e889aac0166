#include "starlark/vm/pool.h"

#include <limits>

#include "starlark/compile/program_impl.h"
#include "starlark/lib/number_text.h"
#include "starlark/vm/attributes.h"
#include "starlark/vm/operations.h"

namespace larkspur::starlark {
namespace {

// The source is bounded, and so is what its literals need.
Limits no_limits() {
  Limits limits;
  limits.memory_bytes = std::numeric_limits<std::size_t>::max() / 2;
  limits.steps = std::numeric_limits<std::int64_t>::max();
  return limits;
}

void make_static(Value value) {
  if (!value.is_object()) return;
  Object& object = *value.as_object();
  if (object.has(Object::kStatic)) return;
  object.flags |= Object::kStatic;
  if (object.type == Type::kString && object.has(Object::kShared))
    object_cast<String>(value)->shared().buffer->flags |= Object::kStatic;
}

}  // namespace

ConstantPool::ConstantPool(const Module& module) : context_(no_limits()) {
  values_.reserve(module.constants.size());
  hashes_.resize(module.constants.size());
  for (const Constant& constant : module.constants) {
    Value value = make(constant);
    if (constant.kind == Constant::Kind::kString || constant.kind == Constant::Kind::kBytes)
      hash_of(context_, value, hashes_[values_.size()]);
    if (is_string(value)) code_points(value);
    make_static(value);
    values_.push_back(value);
  }
  methods_.reserve(module.methods.size());
  for (std::uint32_t name : module.methods)
    methods_.push_back(find_methods(module.constants[name].text));
  records_.reserve(module.records.size());
  for (const std::vector<std::uint32_t>& keys : module.records) {
    std::vector<Entry>& entries = records_.emplace_back();
    entries.reserve(keys.size());
    for (std::uint32_t key : keys) {
      entries.push_back(
          {.key = values_[key], .value = Value::none(), .hash = hashes_[key], .unused = 0});
    }
  }
}

std::shared_ptr<const ConstantPool> make_pool(const Module& module) {
  return std::make_shared<const ConstantPool>(module);
}

std::size_t memory_bytes_of(const ConstantPool& pool) {
  return pool.memory_bytes();
}

Value ConstantPool::make(const Constant& constant) {
  switch (constant.kind) {
    case Constant::Kind::kInt:
      return context_.integer(constant.integer);
    case Constant::Kind::kFloat:
      return context_.real(constant.real);
    case Constant::Kind::kString:
      return context_.string(constant.text);
    case Constant::Kind::kBytes:
      return context_.bytes(constant.text);
    case Constant::Kind::kBigInt:
      break;
  }
  std::string_view digits = constant.text;
  unsigned base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    char prefix = static_cast<char>(digits[1] | 0x20);
    base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : prefix == 'b' ? 2 : 10;
    if (base != 10) digits.remove_prefix(2);
  }
  return parse_int(context_, digits, base, false, "int");
}

}  // namespace larkspur::starlark
