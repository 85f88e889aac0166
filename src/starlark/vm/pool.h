// The constants of a program as values, made once for all its machines: a machine that starts
// copies nothing.
//
// They lie on a heap of the pool's own, carry Object::kStatic like builtins do, and never change:
// what other objects compute when it is first asked for (hashes, code points) is computed here
// beforehand. So machines on several threads may share a pool.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "starlark/compile/bytecode.h"
#include "starlark/vm/context.h"

namespace larkspur::starlark {

// A method's natives by the type of the receiver; nullptr where a type has no such method.
using MethodRow = std::array<const Builtin*, kTypeCount>;

class ConstantPool {
 public:
  // The module outlives the pool.
  explicit ConstantPool(const Module& module);
  ConstantPool(const ConstantPool&) = delete;
  ConstantPool& operator=(const ConstantPool&) = delete;

  // By the numbers of Module::constants.
  const Value* values() const { return values_.data(); }
  // Their hashes; of strings only.
  const std::uint32_t* hashes() const { return hashes_.data(); }
  // By the numbers of Module::methods.
  const MethodRow* const* methods() const { return methods_.data(); }
  // By the numbers of Module::records: the entries without their values.
  const std::vector<Entry>* records() const { return records_.data(); }

  // What it takes of memory, about.
  std::size_t memory_bytes() const {
    return sizeof(*this) + context_.peak_memory_bytes() +
           values_.size() * (sizeof(Value) + sizeof(std::uint32_t));
  }

 private:
  Value make(const Constant& constant);

  Context context_;
  std::vector<Value> values_;
  std::vector<std::uint32_t> hashes_;
  std::vector<const MethodRow*> methods_;
  std::vector<std::vector<Entry>> records_;
};

}  // namespace larkspur::starlark
