// What a Program holds: for the machine and the tests, not for users of the library.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "starlark/compile/bytecode.h"
#include "starlark/starlark.h"

namespace larkspur::starlark {

class ConstantPool;  // vm/pool.h
std::shared_ptr<const ConstantPool> make_pool(const Module& module);
std::size_t memory_bytes_of(const ConstantPool& pool);

struct Program::Impl {
  std::string source;  // the module's texts point into it: it never moves
  std::string filename;
  std::vector<std::string> predeclared;
  Module module;
  std::shared_ptr<const ConstantPool> pool;  // none where the program cannot be run
};

}  // namespace larkspur::starlark
