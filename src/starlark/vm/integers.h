// Any int of a script, inline or BigInt, as lib/bigint.h sees it.
#pragma once

#include "starlark/lib/bigint.h"
#include "starlark/vm/objects.h"

namespace larkspur::starlark {

// REQUIRES: is_int(value). Lives on the C++ stack, for the length of one operation.
class IntView {
 public:
  explicit IntView(Value value)
      : small_(value.is_small_int() ? value.as_small_int() : 0),
        number_(value.is_small_int() ? small_.view()
                                     : bigint::Number{as_big_int(value)->magnitude(),
                                                      as_big_int(value)->negative()}) {}
  IntView(const IntView&) = delete;
  IntView& operator=(const IntView&) = delete;

  bigint::Number number() const { return number_; }

 private:
  bigint::Small small_;
  bigint::Number number_;
};

}  // namespace larkspur::starlark
