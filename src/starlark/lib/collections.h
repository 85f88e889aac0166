// Filling dicts and sets, shared by the functions and the methods. `what` begins the messages:
// "update".
#pragma once

#include <string_view>

#include "starlark/vm/builtin.h"

namespace larkspur::starlark::lib {

// From a dict or an iterable of pairs.
bool update_dict(Context& context, Dict& dict, Value from, std::string_view what);
bool update_by_keywords(Context& context, Table& table, const Args& args);
// A struct of the keyword arguments.
Value new_struct(Context& context, const Args& args, Value constructor);
bool add_all(Context& context, Set& set, Value iterable, std::string_view what);

}  // namespace larkspur::starlark::lib
