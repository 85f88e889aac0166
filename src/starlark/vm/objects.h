// What a Value can point to: the objects on a script's heap, their headers and layouts.
//
// Layout rules, which the heap and the collector rely on:
//   - every object begins with an Object header whose type (and the object's own fields) tell its
//   size
//     and where its Values are;
//   - an object owns its blocks (items, entries, index) alone, and no object points into another,
//   except a
//     String into its Buffer;
//   - objects are plain data: trivially destructible, no C++ references, no std:: members;
//   - identity is never observable: nothing hashes, orders or prints by address.
//
// Objects with static storage (builtins, modules, the shared floats) are immutable and carry
// kStatic.
//
// Making an object is the business of Context (vm/context.h), which charges for it; this header
// only describes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "starlark/vm/value.h"

namespace larkspur::starlark {

class Context;
class Args;
class StringBuilder;
enum class BinaryOp : std::uint8_t;
struct Proto;  // compile/bytecode.h

enum class Type : std::uint8_t {
  kNone,
  kBool,
  kInt,     // 62 bits inline, or BigInt
  kFloat,   // inline, or Float
  kString,  // inline, or String
  kBytes,
  kList,
  kTuple,
  kDict,
  kSet,
  kRange,
  kFunction,
  kBuiltin,      // a native function
  kBoundMethod,  // a native method together with its receiver
  kHostFunction,
  kModule,
  kStruct,   // struct(a = 1): named fields
  kForeign,  // of a type that a module defines: time.time
  // Never seen by scripts:
  kCell,      // a variable that a closure captured
  kBuffer,    // the bytes that strings share
  kIterator,  // a running `for`
  kBlock,     // memory that one owner holds; length = bytes behind the header
  kFree,      // nothing: length = bytes in all
  kMark,      // Value::missing() and its like
};
inline constexpr std::size_t kTypeCount = static_cast<std::size_t>(Type::kMark) + 1;

struct Object {
  enum Flag : std::uint8_t {
    kStatic = 1,      // not on a heap: shared and immutable
    kAscii = 2,       // String: every byte is below 0x80, so code points are bytes
    kNegative = 4,    // BigInt
    kShared = 8,      // String: the bytes lie in a Buffer
    kFrozen = 16,     // may not be changed any more
    kVisited = 32,    // a walker is inside it: set and cleared within one operation
    kMarked = 64,     // the collector found it alive; set only while it works
    kDeferred = 128,  // ... but had no room to look inside yet
  };

  Type type;
  std::uint8_t flags = 0;
  std::uint16_t iterations =
      0;  // loops that run over this list, dict or set: while > 0 it may not change
  std::uint32_t length = 0;  // bytes of text, items, limbs: as the type says

  bool has(Flag flag) const { return (flags & flag) != 0; }
};
static_assert(sizeof(Object) == 8);

// What lies directly behind a struct whose size varies.
template <class T, class Header>
T* trailing(Header* header) {
  return reinterpret_cast<T*>(header + 1);
}

struct Float : Object {
  double value;
};

// length = limbs, least significant first, no leading zero; never a number that fits 62 bits.
struct BigInt : Object {
  bool negative() const { return has(kNegative); }
  std::uint64_t* limbs() { return trailing<std::uint64_t>(this); }
  std::span<const std::uint64_t> magnitude() const {
    return {trailing<const std::uint64_t>(this), length};
  }
};

// Bytes that several strings share: `used` of `length` (the capacity) are written. A string that
// ends at `used` may be appended to in place, which makes `s += x` in a loop linear.
struct Buffer : Object {
  std::uint64_t used;

  char* bytes() { return trailing<char>(this); }
};

// Valid UTF-8 of at least 8 bytes; length = bytes. Code points are what scripts count in.
struct String : Object {
  // What follows where kShared; else the bytes themselves do, so few that counting and hashing them
  // anew costs little.
  struct Shared {
    const char* data;  // into the buffer
    Buffer* buffer;
    std::uint32_t hash;         // 0: not computed yet
    std::uint32_t code_points;  // 0: not counted yet
  };

  Shared& shared() { return *trailing<Shared>(this); }
  char* own_bytes() { return trailing<char>(this); }
  const char* data() const {
    return has(kShared) ? trailing<const Shared>(this)->data : trailing<const char>(this);
  }
  std::string_view view() const { return {data(), length}; }
};

// Any bytes. length = bytes.
struct Bytes : Object {
  std::uint32_t hash;  // 0: not computed yet
  std::uint32_t unused;

  char* bytes() { return trailing<char>(this); }
  std::string_view view() const { return {trailing<const char>(this), length}; }
};

// length = items.
struct List : Object {
  std::uint32_t capacity;
  std::uint32_t unused;
  Value* items;  // a block

  std::span<Value> values() const { return {items, length}; }
};

// length = items.
struct Tuple : Object {
  std::uint32_t hash;  // 0: not computed yet
  std::uint32_t unused;

  Value* items() { return trailing<Value>(this); }
  std::span<const Value> values() const { return {trailing<const Value>(this), length}; }
};

// One entry of a dict or a set; `key` is Value::missing() where the entry was deleted.
struct Entry {
  Value key;
  Value value;  // None in a set
  std::uint32_t hash;
  std::uint32_t unused;
};

// A dict or a set: the entries in the order of insertion, and, above kLinearEntries, an
// open-addressing index of entry numbers into them. length = live entries. See vm/table.h for the
// operations.
struct Table : Object {
  static constexpr std::uint32_t kLinearEntries = 8;

  std::uint32_t used;        // entries written, deleted ones included
  std::uint32_t capacity;    // of entries
  std::uint32_t first;       // entries before this one are deleted
  std::uint32_t index_size;  // 0, or a power of two
  Entry* entries;            // a block
  // A block: 0 is a free place. Else the low bits, as many as index_size has, are the number of the
  // entry plus one, and the high bits are those of its hash: most entries that differ are never
  // looked at.
  std::uint32_t* index;
};
struct Dict : Table {};
struct Set : Table {};
// Its fields by name; made once, never changed.
struct Struct : Table {
  Value constructor;  // None: struct() itself. Else the symbol that made it, see lib/testing.cc
};

// start, start + step, ...: `count` ints. Lazy.
struct Range : Object {
  std::int64_t start;
  std::int64_t stop;
  std::int64_t step;
  std::int64_t count;
};

// A `def` or `lambda` that was evaluated. length = values: first what it captured, in the order of
// Proto::captures, then its defaults in the order of the parameters that have one.
struct Function : Object {
  const Proto* proto;  // of the Program, which outlives the machine
  std::uint64_t id;    // counts the functions made: identity without an address

  Value* values() { return trailing<Value>(this); }
};

// What a native function is given and gives back: see vm/builtin.h.
using NativeFunction = Value (*)(Context&, const Args&);

// A native function or method. Static.
struct Builtin : Object {
  std::string_view name;
  NativeFunction call;

  constexpr Builtin(std::string_view builtin_name, NativeFunction function)
      : Object{.type = Type::kBuiltin, .flags = kStatic}, name(builtin_name), call(function) {}
};

struct BoundMethod : Object {
  const Builtin* method;
  Value self;
};

// What a module says of a type of its own, such as time.time. Static.
struct ForeignType {
  std::string_view name;       // what type() says
  std::uint32_t identity = 0;  // the first so many fields decide equality, hash and order; 0: equal
                               // to itself only
  bool ordered = false;        // < goes by them, in turn
  std::span<const Builtin> methods = {};
  std::span<const std::string_view> attributes = {};                          // other than methods
  Value (*attribute)(Context&, Value self, std::string_view name) = nullptr;  // missing(): no such
  bool (*write)(StringBuilder&, Value self) = nullptr;                        // str() and repr()
  // Where a or b is of this type. missing(): not defined.
  Value (*binary)(Context&, BinaryOp, Value a, Value b) = nullptr;
  bool (*truth)(Value self) = nullptr;  // null: true
  // Null where scripts may not set attributes.
  bool (*store)(Context&, Value self, std::string_view name, Value value) = nullptr;
  // Attributes that differ from value to value.
  std::vector<std::string_view> (*names)(Value self) = nullptr;
  NativeFunction call = nullptr;  // null where the value cannot be called
  // What can be iterated has both: the number of elements, and the one at `position`, which moves
  // on; missing() at the end. Gives values that need no heap.
  std::size_t (*count)(Value self) = nullptr;
  Value (*element)(Value self, std::int64_t& position) = nullptr;
  bool indexed = false;  // len(x) and x[i] too: the position of an element is its index
  bool hashable = true;
};

// A value of such a type: immutable; its fields lie where a Tuple's items do. length = fields.
struct Foreign : Object {
  const ForeignType* foreign;

  Value* fields() { return trailing<Value>(this); }
  const Value* fields() const { return trailing<const Value>(this); }
  std::span<const Value> identity() const { return {fields(), foreign->identity}; }
};

// A namespace of native functions and constants, such as `json`. Static.
struct NativeModule : Object {
  struct Constant {
    std::string_view name;
    double value;
  };
  // Made anew wherever it is used.
  struct Member {
    std::string_view name;
    Value (*make)(Context&);
  };
  std::string_view name;
  std::span<const Builtin> functions;
  std::span<const Constant> constants;
  std::span<const Member> members;

  constexpr NativeModule(std::string_view module_name, std::span<const Builtin> natives,
                         std::span<const Constant> numbers = {},
                         std::span<const Member> others = {})
      : Object{.type = Type::kModule, .flags = kStatic},
        name(module_name),
        functions(natives),
        constants(numbers),
        members(others) {}
};

struct Cell : Object {
  Value value;
};

// `for`: an iterator is an object of its own that lies in one register while the loop runs, and
// keeps a list, dict or set from changing under it. length = the Type of the container, so that the
// interpreter need not look it up each time.
struct Loop : Object {
  Value container;
  std::int64_t position;   // of the next element; in a range the next int itself
  std::int64_t remaining;  // range: ints to come
  std::int64_t step;
};

// The size of a cell on the heap, header included, as its header and fields tell.
// REQUIRES: not larger than Heap::kLargeBytes (these cells' sizes are the heap's business).
std::size_t cell_bytes(const Object& cell);

// --- What is this value? ---

Type type_of_immediate(Value value);

inline Type type_of(Value value) {
  if (value.is_object()) return value.as_object()->type;
  if (value.is_small_int()) return Type::kInt;
  if (value.is_small_float()) return Type::kFloat;
  if (value.is_inline_string()) return Type::kString;
  return type_of_immediate(value);
}

// "int", "NoneType", "builtin_function_or_method": what type() says.
std::string_view type_name(Type type);
inline std::string_view type_name(Value value) {
  const Type type = type_of(value);
  return type == Type::kForeign ? static_cast<Foreign*>(value.as_object())->foreign->name
                                : type_name(type);
}

inline bool is_object_of(Value value, Type type) {
  return value.is_object() && value.as_object()->type == type;
}
inline bool is_string(Value v) {
  return v.is_inline_string() || is_object_of(v, Type::kString);
}
inline bool is_int(Value v) {
  return v.is_small_int() || is_object_of(v, Type::kInt);
}
inline bool is_float(Value v) {
  return v.is_small_float() || is_object_of(v, Type::kFloat);
}
inline bool is_list(Value v) {
  return is_object_of(v, Type::kList);
}
inline bool is_tuple(Value v) {
  return is_object_of(v, Type::kTuple);
}
inline bool is_dict(Value v) {
  return is_object_of(v, Type::kDict);
}
inline bool is_set(Value v) {
  return is_object_of(v, Type::kSet);
}
inline bool is_struct(Value v) {
  return is_object_of(v, Type::kStruct);
}
inline bool is_range(Value v) {
  return is_object_of(v, Type::kRange);
}
inline bool is_bytes(Value v) {
  return is_object_of(v, Type::kBytes);
}
inline bool is_foreign(Value v, const ForeignType& type) {
  return is_object_of(v, Type::kForeign) && static_cast<Foreign*>(v.as_object())->foreign == &type;
}
bool is_callable(Value value);

// --- Reading a value whose type is known. REQUIRES: the type is the right one. ---

template <class T>
T* object_cast(Value value) {
  return static_cast<T*>(value.as_object());
}
inline List* as_list(Value v) {
  assert(is_list(v));
  return object_cast<List>(v);
}
inline Tuple* as_tuple(Value v) {
  assert(is_tuple(v));
  return object_cast<Tuple>(v);
}
inline Dict* as_dict(Value v) {
  assert(is_dict(v));
  return object_cast<Dict>(v);
}
inline Set* as_set(Value v) {
  assert(is_set(v));
  return object_cast<Set>(v);
}
inline Range* as_range(Value v) {
  assert(is_range(v));
  return object_cast<Range>(v);
}
inline Bytes* as_bytes(Value v) {
  assert(is_bytes(v));
  return object_cast<Bytes>(v);
}
inline BigInt* as_big_int(Value v) {
  assert(is_object_of(v, Type::kInt));
  return object_cast<BigInt>(v);
}

inline double as_float(Value v) {
  return v.is_small_float() ? v.as_small_float() : object_cast<Float>(v)->value;
}

// The text of a string. An inline string's bytes lie in `value` itself: the view lives as long as
// that variable does, hence no temporaries.
inline std::string_view text_of(const Value& value) {
  if (value.is_inline_string()) return value.inline_view();
  return object_cast<String>(value)->view();
}
std::string_view text_of(const Value&& value) = delete;

inline bool is_ascii(Value string) {
  if (string.is_inline_string()) return string.inline_is_ascii();
  return string.as_object()->has(Object::kAscii);
}
// Length in code points. Costs a scan the first time for text that is not ASCII.
std::size_t code_points(Value string);

}  // namespace larkspur::starlark
