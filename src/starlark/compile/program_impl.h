// What a Program holds: for the machine and the tests, not for users of the library.
#pragma once

#include <string>
#include <vector>

#include "starlark/compile/bytecode.h"
#include "starlark/starlark.h"

namespace larkspur::starlark {

struct Program::Impl {
  std::string source;  // the module's texts point into it: it never moves
  std::string filename;
  std::vector<std::string> predeclared;
  Module module;
};

}  // namespace larkspur::starlark
