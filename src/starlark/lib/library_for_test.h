// Calls natives without a machine, for tests: values go in as JSON and come out as repr().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "starlark/lib/json.h"
#include "starlark/lib/natives.h"
#include "starlark/vm/context.h"

namespace larkspur::starlark {

class LibraryForTest {
 public:
  explicit LibraryForTest(const Limits& limits = {}) : context_(limits) {}
  Context& context() { return context_; }

  Value json(std::string_view text) {
    Value value = Value::failed();
    decode_json(context_, text, value);
    return value;
  }
  std::string repr(Value value) {
    if (value.is_failed()) return "error";
    StringBuilder out(context_);
    append_repr(out, value);
    return std::string(out.view());
  }

  // "upper", "[...]" for the positional and "{...}" for the named arguments.
  Value call_native(const Builtin& native, Value self, std::string_view positional,
                    std::string_view named) {
    std::vector<Value> arguments, names, values;
    for (Value v : as_list(json(positional))->values()) arguments.push_back(v);
    const Value keywords = json(named);
    std::uint32_t position = 0;
    while (const Entry* entry = table_next(*as_dict(keywords), position)) {
      names.push_back(entry->key);
      values.push_back(entry->value);
    }
    Args args;
    args.callee = &native;
    args.self = self;
    args.positional = arguments;
    args.names = names;
    args.named = values;
    return native.call(context_, args);
  }

  std::string function(std::string_view name, std::string_view positional,
                       std::string_view named = "{}") {
    for (const Builtin& native : universal_functions()) {
      if (native.name == name) return repr(call_native(native, Value::none(), positional, named));
    }
    return "no such function";
  }
  std::string method(Value self, std::string_view name, std::string_view positional,
                     std::string_view named = "{}") {
    for (const Builtin& native : methods_of(type_of(self))) {
      if (native.name == name) return repr(call_native(native, self, positional, named));
    }
    return "no such method";
  }

 private:
  Context context_;
};

}  // namespace larkspur::starlark
