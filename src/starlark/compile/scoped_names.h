// The names of one file, scope in scope, while it is resolved: what each means at the place where
// the walk is. For resolver.cc alone.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "starlark/compile/later_names.h"
#include "starlark/compile/resolver.h"
#include "starlark/compile/scope.h"
#include "starlark/syntax/teaching.h"

namespace larkspur::starlark {

class ScopedNames {
 public:
  ScopedNames(const Environment& environment, LoadableModule* module, Names& names, Arena& arena,
              Errors& errors, Resolved& out)
      : environment_(environment),
        dialect_(environment.dialect),
        module_(module),
        names_(names),
        arena_(arena),
        errors_(errors),
        current_(names.size()),
        globals_(out.globals),
        named_calls_(out.named_calls) {
    for (std::size_t i = 0; i < environment.predeclared.size(); ++i) {
      const auto name = names.find(environment.predeclared[i]);
      if (name) current_[*name] = make_outer(*name, Binding::Kind::kPredeclared, i);
    }
  }

 protected:
  static constexpr std::uint32_t kMostVariables =
      60'000;                                            // of one function: registers have 16 bits
  static constexpr std::size_t kMostCandidates = 4'000;  // looked at for one "did you mean"
  static constexpr std::size_t kLongestCandidate = 64;

  // --- scopes ---

  Binding* make_outer(NameId name, Binding::Kind kind, std::size_t index = 0) {
    return arena_.make<Binding>(
        Binding{.kind = kind, .index = static_cast<std::uint16_t>(index), .name = name});
  }

  // Makes `name` mean a new variable of this function, in the block whose list is given.
  Binding* declare(NameId name, Binding*& block) {
    Binding* binding = arena_.make<Binding>(
        Binding{.name = name, .owner = scope_, .shadowed = current_[name], .next_in_block = block});
    append(scope_->locals, scope_->last_local, binding);
    block = binding;
    current_[name] = binding;
    return binding;
  }

  static void append(Binding*& first, Binding*& last, Binding* binding) {
    (last == nullptr ? first : last->next_in_function) = binding;
    last = binding;
  }

  void leave(Binding* block) {
    for (; block != nullptr; block = block->next_in_block) current_[block->name] = block->shadowed;
  }

  // In the order of the registers: parameters, *args, **kwargs.
  void declare_parameters(Function* function) {
    using Kind = ParameterNode::Kind;
    for (const Kind kind : {Kind::kNormal, Kind::kStar, Kind::kStarStar}) {
      for (const ParameterNode& parameter : function->parameters) {
        if (parameter.kind != kind) continue;
        Binding* binding = declare(parameter.name, scope_->block);
        binding->parameter = true;
        binding->always = true;
        binding->assignments = 1;
      }
    }
  }

  void declare_assigned(const Assigned& assigned) {
    Binding* binding = current_[assigned.name];
    if (binding == nullptr || binding->owner != scope_) {
      binding = declare(assigned.name, scope_->block);
      binding->always = assigned.always;
      binding->bound_at = assigned.offset;
    }
    ++binding->assignments;
  }

  // All uses are known: gives every variable its place.
  void place_locals(FunctionScope* scope) {
    const bool script = scope->parent == nullptr;
    std::uint32_t registers = 0;
    for (Binding* local = scope->locals; local != nullptr; local = local->next_in_function) {
      // What others may load lies in slots, too.
      if (script && (local->captured || module_ != nullptr) && !local->comprehension) {
        local->kind = Binding::Kind::kGlobal;
        local->index = static_cast<std::uint16_t>(globals_.size());
        globals_.push_back(names_.text(local->name));
      } else {
        const bool fixed = local->assignments == 1 && local->always && !local->early;
        local->cell = local->captured && !fixed;
        local->index = static_cast<std::uint16_t>(registers++);
      }
    }
    scope->local_count = registers;
    if (registers > kMostVariables || globals_.size() > kMostVariables) {
      errors_.add(
          scope->function->offset,
          "too many variables: the limit is " + std::to_string(kMostVariables) + " a function",
          "keep data in lists and dicts");
    }
  }

  // --- names ---

  bool in_script() const { return scope_->parent == nullptr; }

  // A name of the script that an earlier line has not assigned. Where starlark-go lets globals be
  // reassigned, such a name does not exist yet.
  bool is_too_early(const Binding* binding) const {
    return dialect_.strict && dialect_.global_reassign && in_script() &&
           comprehension_depth_ == 0 && binding->owner == scope_ && !binding->declared;
  }

  Binding* look_up(NameId name, std::uint32_t offset) {
    Binding* binding = current_[name];
    if (later_.has(name, binding)) {
      errors_.add(
          offset,
          "local variable " + std::string(names_.text(name)) + " referenced before assignment",
          "a later for of this comprehension assigns it");
    }
    if (binding != nullptr && is_too_early(binding)) return look_outside(name, offset);
    if (binding == nullptr) return current_[name] = look_outside(name, offset);
    if (binding->owner == nullptr || binding->owner == scope_) return binding;
    if (binding->owner->parent == nullptr && !binding->comprehension) {
      binding->captured = true;  // becomes a global slot
      return binding;
    }
    return capture(binding, scope_);
  }

  // A name that no scope of the script has.
  Binding* look_outside(NameId name, std::uint32_t offset) {
    using Kind = Binding::Kind;
    const std::string_view text = names_.text(name);
    if (text == "None") return make_outer(name, Kind::kNone);
    if (text == "True") return make_outer(name, Kind::kTrue);
    if (text == "False") return make_outer(name, Kind::kFalse);
    const auto given = std::ranges::find(environment_.predeclared, text);
    if (given != environment_.predeclared.end()) {
      return make_outer(name, Kind::kPredeclared,
                        static_cast<std::size_t>(given - environment_.predeclared.begin()));
    }
    const auto found = std::ranges::find(environment_.universal, text);
    if (found != environment_.universal.end()) {
      if (text == "set" && !dialect_.set)
        errors_.add(offset, "this Starlark dialect does not support sets");
      return make_outer(name, Kind::kUniversal,
                        static_cast<std::size_t>(found - environment_.universal.begin()));
    }
    errors_.add(offset, "undefined: " + std::string(truncate_utf8(text, 100)),
                undefined_hint(text));
    return make_outer(name, Kind::kUndefined);  // told once
  }

  std::string undefined_hint(std::string_view name) const {
    const std::string_view lesson = hint_for_name(name);
    if (!lesson.empty()) return std::string(lesson);
    if (name.size() < 2 || name.size() > kLongestCandidate || errors_.full()) return {};
    std::vector<std::string_view> candidates;
    const auto consider = [&](std::string_view text) {
      if (candidates.size() < kMostCandidates && text.size() <= kLongestCandidate)
        candidates.push_back(text);
    };
    for (NameId id = 0; id < current_.size(); ++id) {
      const Binding* binding = current_[id];
      if (binding != nullptr && binding->kind != Binding::Kind::kUndefined &&
          (binding->owner != nullptr || !dialect_.strict))
        consider(names_.text(id));
    }
    if (!dialect_.strict) {
      for (const std::string& text : environment_.predeclared) consider(text);
      for (const std::string_view text : environment_.universal) consider(text);
    }
    const auto near = nearest(name, candidates);
    return near ? "did you mean " + std::string(*near) + "?" : "";
  }

  // Makes `outer`, a variable of a function around `scope`, known inside of `scope`, through every
  // function in between. Functions nest at most kMaxDepth deep.
  Binding* capture(Binding* outer, FunctionScope* scope) {
    if (outer->owner != scope->parent) outer = capture(outer, scope->parent);
    outer->captured = true;
    if (scope->function->offset < outer->bound_at) outer->early = true;
    Binding* binding =
        arena_.make<Binding>(Binding{.kind = Binding::Kind::kFree,
                                     .index = static_cast<std::uint16_t>(scope->capture_count++),
                                     .name = outer->name,
                                     .owner = scope,
                                     .captured_from = outer,
                                     .shadowed = current_[outer->name],
                                     .next_in_block = scope->block});
    append(scope->captures, scope->last_capture, binding);
    scope->block = binding;
    current_[outer->name] = binding;
    return binding;
  }

  const Environment& environment_;
  const Dialect& dialect_;
  LoadableModule* module_;
  Names& names_;
  Arena& arena_;
  Errors& errors_;
  std::vector<Binding*> current_;  // by name: what it means here
  LaterNames later_;
  std::vector<std::string_view>& globals_;
  std::vector<CallExpr*>& named_calls_;
  FunctionScope* scope_ = nullptr;
  int loop_depth_ = 0;
  int branch_depth_ = 0;
  int comprehension_depth_ = 0;
};

}  // namespace larkspur::starlark
