// Lists, tuples, dicts and f-strings: what is made of the values of its parts.
#include <algorithm>
#include <utility>

#include "starlark/compile/function_compiler.h"

namespace larkspur::starlark {

void FunctionCompiler::list(Register result, SequenceExpr* expr) {
  const auto items = expr->items;
  const std::size_t gathered = std::min(items.size(), kMostDisplayRegisters);
  const Register first = emitter_.top();
  {
    const Temporaries temporaries(emitter_);
    for (Expr* item : items.first(gathered)) to_temporary(item);
    emitter_.at(expr->offset);
    emitter_.emit(Op::kMakeList, result, first, gathered);
  }
  for (Expr* item : items.subspan(gathered)) {
    const Temporaries temporaries(emitter_);
    emitter_.emit(Op::kListAppend, result, operand(item));
  }
}

void FunctionCompiler::tuple(Register result, SequenceExpr* expr) {
  const Register first = emitter_.top();
  for (Expr* item : expr->items) to_temporary(item);
  emitter_.at(expr->offset);
  emitter_.emit(Op::kMakeTuple, result, first, expr->items.size());
}

// The keys of a dict display where they are strings, all different, and not too many.
std::optional<std::vector<std::uint32_t>> FunctionCompiler::record_keys(const SequenceExpr* expr) {
  const auto items = expr->items;
  if (items.empty() || items.size() / 2 > kMostDisplayRegisters) return std::nullopt;
  std::vector<std::uint32_t> keys;
  keys.reserve(items.size() / 2);
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (items[i]->kind != ExprKind::kString) return std::nullopt;
    const auto key = shared_.constants.string(static_cast<const TextExpr*>(items[i])->text);
    if (std::ranges::find(keys, key) != keys.end()) return std::nullopt;
    keys.push_back(key);
  }
  return keys;
}

void FunctionCompiler::dict(Register result, SequenceExpr* expr) {
  const auto items = expr->items;
  if (auto keys = record_keys(expr); keys && shared_.module.records.size() <= kMostOperands) {
    const Temporaries temporaries(emitter_);
    const Register first = emitter_.top();
    for (std::size_t i = 1; i < items.size(); i += 2) to_temporary(items[i]);
    emitter_.at(expr->offset);
    emitter_.emit(Op::kMakeRecord, result, first, shared_.module.records.size());
    shared_.module.records.push_back(std::move(*keys));
    return;
  }
  emitter_.emit_wide(Op::kMakeDict, result, static_cast<std::uint32_t>(items.size() / 2));
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const Temporaries temporaries(emitter_);
    if (items[i]->kind == ExprKind::kString) {
      const auto name = shared_.constants.string(static_cast<TextExpr*>(items[i])->text);
      if (name <= kMostOperands) {
        const Register value = operand(items[i + 1]);
        emitter_.at(items[i]->offset);
        emitter_.emit(Op::kDictInsertConst, result, name, value);
        continue;
      }
    }
    const Register key = operand(items[i]);
    const Register value = operand(items[i + 1]);
    emitter_.at(items[i]->offset);
    emitter_.emit(Op::kDictInsert, result, key, value, 1);
  }
}

void FunctionCompiler::fstring(Register result, FStringExpr* expr) {
  const auto parts = expr->parts;
  if (parts.empty()) return load_string(result, "");
  if (parts.size() == 1 && parts[0].value == nullptr) return load_string(result, parts[0].text);
  const Register first = emitter_.top();
  for (const FStringPart& part : parts) fstring_field(part);
  emitter_.at(expr->offset);
  emitter_.emit(Op::kConcat, result, first, parts.size());
}

// One part, into a new temporary.
void FunctionCompiler::fstring_field(const FStringPart& part) {
  const Register field = emitter_.allocate();
  if (part.value == nullptr) return load_string(field, part.text);
  to(field, part.value);
  if (part.spec == nullptr && part.conversion != 'r')
    return;  // Concat makes texts of what it joins
  const Temporaries temporaries(emitter_);
  const Register spec = part.spec == nullptr ? kNoRegister : to_temporary(part.spec);
  emitter_.at(part.value->offset);
  emitter_.emit(Op::kFormat, field, field, spec, static_cast<std::uint8_t>(part.conversion));
}

}  // namespace larkspur::starlark
