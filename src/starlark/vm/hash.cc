// Hashes of values. They spread keys over a table and are never seen by a script (hash() is another
// function), so they may be whatever is fast. They do not depend on addresses: a run is repeatable.
// A script that finds colliding keys gains nothing but a bill: long probes are charged
// (vm/table.cc).

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "starlark/lib/bigint.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

constexpr std::uint64_t kSeed = 0x8bb84b93962eacc9;
constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
constexpr int kMaxDepth = 200;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint32_t finish(std::uint64_t state) {
  auto h = static_cast<std::uint32_t>(state ^ state >> 32);
  return h == 0 ? 1 : h;
}

std::uint32_t hash_word(std::uint64_t word) {
  return finish(mix(word ^ kSeed, kMultiplier));
}

std::uint32_t hash_bytes(std::string_view text) {
  std::uint64_t state = kSeed ^ text.size();
  for_each_word(text, [&state](std::uint64_t word) { state = mix(state ^ word, kMultiplier); });
  return finish(state);
}

std::uint32_t hash_limbs(std::span<const std::uint64_t> limbs, bool negative) {
  std::uint64_t state = kSeed ^ (negative ? 1u : 0u);
  for (std::uint64_t limb : limbs) state = mix(state ^ limb, kMultiplier);
  return finish(state);
}

// A float that is a whole number hashes as that int.
std::uint32_t hash_float(double d) {
  if (d != std::trunc(d) || !std::isfinite(d)) return hash_word(std::bit_cast<std::uint64_t>(d));
  constexpr double kSmall = 2305843009213693952.0;  // 2^61
  if (d >= -kSmall && d < kSmall) {
    return hash_word(Value::small_int(static_cast<std::int64_t>(d)).bits());
  }
  bigint::Limb limbs[bigint::kDoubleLimbs];
  bigint::Number n = bigint::from_double(d, limbs);
  return hash_limbs(n.magnitude, n.negative);
}

bool hash_tuple(Context& context, Tuple& tuple, std::uint32_t& result, int depth);
bool hash_items(Context& context, std::span<const Value> items, std::uint32_t& result, int depth);
bool hash_struct(Context& context, const Struct& fields, std::uint32_t& result, int depth);

bool hash_value(Context& context, Value value, std::uint32_t& result, int depth) {
  if (!value.is_object()) {
    result = value.is_small_float() ? hash_float(value.as_small_float()) : hash_word(value.bits());
    return true;
  }
  switch (type_of(value)) {
    case Type::kString: {
      auto* string = object_cast<String>(value);
      if (!string->has(Object::kShared)) {
        result = hash_bytes(string->view());
        return true;
      }
      std::uint32_t& kept = string->shared().hash;
      if (kept == 0) {
        if (!context.charge_bytes(string->length)) return false;
        kept = hash_bytes(string->view());
      }
      result = kept;
      return true;
    }
    case Type::kBytes: {
      Bytes* bytes = as_bytes(value);
      if (bytes->hash == 0) {
        if (!context.charge_bytes(bytes->length)) return false;
        bytes->hash = hash_bytes(bytes->view());
      }
      result = bytes->hash;
      return true;
    }
    case Type::kInt: {
      BigInt* big = as_big_int(value);
      if (!context.charge(big->length / 8)) return false;
      result = hash_limbs(big->magnitude(), big->negative());
      return true;
    }
    case Type::kFloat:
      result = hash_float(object_cast<Float>(value)->value);
      return true;
    case Type::kTuple:
      return hash_tuple(context, *as_tuple(value), result, depth);
    case Type::kStruct:
      return hash_struct(context, *object_cast<Struct>(value), result, depth);
    case Type::kForeign:
      if (!object_cast<Foreign>(value)->foreign->hashable) {
        context.fail(fmt::format("unhashable type: {}", type_name(value)));
        return false;
      }
      return hash_items(context, object_cast<Foreign>(value)->identity(), result, depth);
    case Type::kFunction:
      result = hash_word(object_cast<Function>(value)->id);
      return true;
    case Type::kBuiltin:
      result = hash_bytes(object_cast<Builtin>(value)->name);
      return true;
    case Type::kBoundMethod:
      result = hash_bytes(object_cast<BoundMethod>(value)->method->name);
      return true;
    default:
      // The words are starlark-go's.
      context.fail(fmt::format("unhashable{}: {}",
                               type_of(value) == Type::kModule || is_range(value) ? "" : " type",
                               type_name(value)),
                   is_list(value) ? "use a tuple: tuple(x)" : "");
      return false;
  }
}

bool too_deep(Context& context) {
  context.fail(fmt::format("unhashable: values nested more than {} deep", kMaxDepth));
  return false;
}

bool hash_items(Context& context, std::span<const Value> items, std::uint32_t& result, int depth) {
  if (depth >= kMaxDepth) return too_deep(context);
  if (!context.charge(items.size())) return false;
  std::uint64_t state = kSeed ^ items.size();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!context.goes_on(i)) return false;
    std::uint32_t part;
    if (!hash_value(context, items[i], part, depth + 1)) return false;
    state = mix(state ^ part, kMultiplier);
  }
  result = finish(state);
  return true;
}

// The fields of equal structs may stand in any order.
bool hash_struct(Context& context, const Struct& fields, std::uint32_t& result, int depth) {
  if (depth >= kMaxDepth) return too_deep(context);
  if (!context.charge(fields.length)) return false;
  std::uint64_t state = 0;
  std::uint32_t position = 0;
  while (const Entry* field = table_next(fields, position)) {
    std::uint32_t part;
    if (!hash_value(context, field->value, part, depth + 1)) return false;
    state += mix(kSeed ^ field->hash, kMultiplier ^ part);
  }
  result = finish(mix(kSeed ^ fields.length, kMultiplier) ^ state);
  return true;
}

// The hash is kept in the tuple, so that nested tuples that share their parts cost what they hold.
// Its parts cannot change: a tuple with a list inside is not hashable.
bool hash_tuple(Context& context, Tuple& tuple, std::uint32_t& result, int depth) {
  if (tuple.hash == 0) {
    if (!hash_items(context, tuple.values(), tuple.hash, depth)) return false;
  }
  result = tuple.hash;
  return true;
}

}  // namespace

std::uint32_t hash_text(std::string_view text) {
  if (text.size() <= Value::kMaxInlineString) return hash_word(Value::inline_string(text).bits());
  return hash_bytes(text);
}

bool hash_of(Context& context, Value value, std::uint32_t& result) {
  return hash_value(context, value, result, 0);
}

}  // namespace larkspur::starlark
