// The dispatch loop. Each instruction ends with a jump of its own to the next (labels as values),
// so that the branch predictor sees which instruction follows which. What is common and short is
// here and in instructions.h; the rest is in call.cc, slow_paths.cc and the operations.
//
// pc, R (the frame's registers) and K (the constants) live in locals. Registers move when a frame
// is pushed, so every path that may push one leaves through `enter_frame` or reloads R. pc is saved
// before anything that may look at it from outside: calls, failures, yields.

#include "starlark/vm/interpreter.h"

#include "starlark/vm/instructions.h"
#include "starlark/vm/loops.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"
#include "starlark/vm/tasks.h"

#pragma clang diagnostic ignored "-Wgnu-label-as-value"

namespace larkspur::starlark {
Interpreter::Outcome Interpreter::execute(Task& task) {
  static const void* const kLabels[] = {
#define OP(name, layout, effect) &&op_##name,
#include "starlark/compile/opcodes.def"
#undef OP
  };

  const Value* const K = env_.constants;
  Frame* frame;
  const Instruction* pc;
  Value* R;
  CallArguments arguments;
  Value result;

enter_frame:
  frame = &task.top();
  if (frame->proto == nullptr) return Outcome::kContinue;
  pc = frame->pc;
  R = task.registers + frame->base;
  NEXT();

  // --- Loads and moves ---

op_LoadConst:
  OPERAND_A = K[INSTRUCTION.bc_unsigned()];
  NEXT();
op_LoadInt:
  OPERAND_A = Value::small_int(INSTRUCTION.bc());
  NEXT();
op_LoadNone:
  OPERAND_A = Value::none();
  NEXT();
op_LoadTrue:
  OPERAND_A = Value::boolean(true);
  NEXT();
op_LoadFalse:
  OPERAND_A = Value::boolean(false);
  NEXT();
op_Move:
  OPERAND_A = OPERAND_B;
  NEXT();
op_CheckBound:
  if (OPERAND_A.is_missing()) {
    fail_unbound(INSTRUCTION.aux != 0 ? "global" : "local", frame->proto->variables[INSTRUCTION.a]);
    goto failed;
  }
  NEXT();
op_FreezeGlobals:
  if (!freeze_globals(INSTRUCTION.a, INSTRUCTION.b)) goto failed;
  NEXT();

op_CheckRecursion:
  if (!check_recursion(task)) goto failed;
  NEXT();

op_LoadGlobal:
  result = env_.globals[INSTRUCTION.b];
  if (result.is_missing()) [[unlikely]] {
    fail_unbound(INSTRUCTION.aux != 0 ? "local" : "global", env_.module->globals[INSTRUCTION.b]);
    goto failed;
  }
  OPERAND_A = result;
  NEXT();
op_StoreGlobal:
  env_.globals[INSTRUCTION.b] = OPERAND_A;
  NEXT();
op_LoadPredeclared:
  result = env_.predeclared[INSTRUCTION.b];
  if (result.is_missing()) [[unlikely]] {
    fail_unbound("predeclared", env_.module->predeclared[INSTRUCTION.b]);
    goto failed;
  }
  OPERAND_A = result;
  NEXT();
op_LoadUniversal:
  OPERAND_A = env_.universals[INSTRUCTION.b];
  NEXT();

  // --- Closures ---

op_MakeCell:
  STORE(INSTRUCTION.a, context_.cell(OPERAND_A));
op_LoadCell:
  result = object_cast<Cell>(OPERAND_B)->value;
  if (result.is_missing()) [[unlikely]] {
    fail_unbound("local", frame->proto->variables[INSTRUCTION.b]);
    goto failed;
  }
  OPERAND_A = result;
  NEXT();
op_StoreCell:
  object_cast<Cell>(OPERAND_B)->value = OPERAND_A;
  NEXT();
op_LoadFree:
  OPERAND_A = frame->function->values()[INSTRUCTION.b];
  NEXT();
op_LoadFreeCell:
  result = object_cast<Cell>(frame->function->values()[INSTRUCTION.b])->value;
  if (result.is_missing()) [[unlikely]] {
    fail_unbound("local", frame->proto->captures[INSTRUCTION.b].name);
    goto failed;
  }
  OPERAND_A = result;
  NEXT();
op_MakeFunction:
  STORE(INSTRUCTION.a,
        make_function(task, *frame, env_.module->protos[INSTRUCTION.b], INSTRUCTION.c));

  // --- Operators ---

op_Add: { ADD(OPERAND_B, OPERAND_C, binary); }
op_AddConst: { ADD(OPERAND_B, K[INSTRUCTION.c], binary); }
op_AddInt: { ADD_INT(OPERAND_B, INSTRUCTION.c_signed(), __builtin_add_overflow, kAdd); }
op_Sub: { SUBTRACT(OPERAND_B, OPERAND_C); }
op_SubConst: { SUBTRACT(OPERAND_B, K[INSTRUCTION.c]); }
op_SubInt: { ADD_INT(OPERAND_B, INSTRUCTION.c_signed(), __builtin_sub_overflow, kSub); }
op_Mul: { MULTIPLY(OPERAND_B, OPERAND_C); }
op_MulConst: { MULTIPLY(OPERAND_B, K[INSTRUCTION.c]); }
op_Div: { DIVIDE(OPERAND_B, OPERAND_C); }
op_DivConst: { DIVIDE(OPERAND_B, K[INSTRUCTION.c]); }
op_FloorDiv: { FLOOR_DIVIDE(OPERAND_B, OPERAND_C); }
op_FloorDivConst: { FLOOR_DIVIDE(OPERAND_B, K[INSTRUCTION.c]); }
op_Mod: { MODULO(OPERAND_B, OPERAND_C); }
op_ModConst: { MODULO(OPERAND_B, K[INSTRUCTION.c]); }
op_BitAnd: { BITWISE(kAnd, &, OPERAND_B, OPERAND_C); }
op_BitAndConst: { BITWISE(kAnd, &, OPERAND_B, K[INSTRUCTION.c]); }
op_BitOr: { BITWISE(kOr, |, OPERAND_B, OPERAND_C); }
op_BitXor: { BITWISE(kXor, ^, OPERAND_B, OPERAND_C); }
op_ShiftLeft:
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::kShiftLeft, OPERAND_B, OPERAND_C));
op_ShiftRight: {
  Value a = OPERAND_B;
  Value b = OPERAND_C;
  if (both_small_ints(a, b) && b.as_small_int() >= 0 && b.as_small_int() < 62) {
    OPERAND_A = Value::small_int(a.as_small_int() >> b.as_small_int());
    NEXT();
  }
  STORE(INSTRUCTION.a, binary(context_, BinaryOp::kShiftRight, a, b));
}
op_InplaceAdd: { ADD(OPERAND_B, OPERAND_C, binary_in_place); }
op_InplaceOr:
  STORE(INSTRUCTION.a, binary_in_place(context_, BinaryOp::kOr, OPERAND_B, OPERAND_C));
op_Negate:
  STORE(INSTRUCTION.a, negate(context_, OPERAND_B));
op_Plus:
  STORE(INSTRUCTION.a, unary_plus(context_, OPERAND_B));
op_Invert:
  STORE(INSTRUCTION.a, bit_not(context_, OPERAND_B));
op_Not:
  OPERAND_A = Value::boolean(!truth(OPERAND_B));
  NEXT();
op_Equal: {
  EQUALS(OPERAND_B, OPERAND_C);
  OPERAND_A = Value::boolean(holds);
  NEXT();
}
op_NotEqual: {
  EQUALS(OPERAND_B, OPERAND_C);
  OPERAND_A = Value::boolean(!holds);
  NEXT();
}
  ORDERED(Less, <)
  ORDERED(LessEqual, <=)
  ORDERED(Greater, >)
  ORDERED(GreaterEqual, >=)
op_In: {
  CONTAINS(OPERAND_C, OPERAND_B);
  OPERAND_A = Value::boolean(holds);
  NEXT();
}
op_NotIn: {
  CONTAINS(OPERAND_C, OPERAND_B);
  OPERAND_A = Value::boolean(!holds);
  NEXT();
}
op_IsNone:
  OPERAND_A = Value::boolean(OPERAND_B.is_none() == (INSTRUCTION.aux != 0));
  NEXT();

  // --- Jumps ---

op_Jump:
  pc += INSTRUCTION.bc();
  NEXT();
op_JumpBack:
  pc += INSTRUCTION.bc();
  CHARGE_STEP();
  if (context_.fuel_.left == 0) [[unlikely]] {
    frame->pc = pc;
    return Outcome::kYielded;
  }
  NEXT();
op_JumpIf:
  if (OPERAND_A.is_bool()) JUMP_WHEN(OPERAND_A.as_bool(), INSTRUCTION.bc());
  JUMP_WHEN(truth(OPERAND_A), INSTRUCTION.bc());
op_JumpEqual: {
  EQUALS(OPERAND_A, OPERAND_B);
  JUMP_WHEN(holds, INSTRUCTION.c_signed());
}
op_JumpIn: {
  CONTAINS(OPERAND_B, OPERAND_A);
  JUMP_WHEN(holds, INSTRUCTION.c_signed());
}
op_JumpEqualInt: {
  EQUALS(OPERAND_A, Value::small_int(INSTRUCTION.b_signed()));
  JUMP_WHEN(holds, INSTRUCTION.c_signed());
}
op_JumpEqualConst: {
  EQUALS(OPERAND_A, K[INSTRUCTION.b]);
  JUMP_WHEN(holds, INSTRUCTION.c_signed());
}
op_JumpNone:
  JUMP_WHEN(OPERAND_A.is_none(), INSTRUCTION.bc());

  // --- Loops ---

op_IterBegin:
  STORE(INSTRUCTION.a, begin_loop(context_, OPERAND_B));
op_IterNext: {
  Loop& loop = *object_cast<Loop>(OPERAND_A);
  if (!next_of(loop, OPERAND_B)) pc += INSTRUCTION.c_signed();
  NEXT();
}
op_IterAgain: {
  if (context_.fuel_.left <= 1) [[unlikely]] {
    // The IterNext in front of the body goes on, here or when the task runs again.
    pc += INSTRUCTION.c_signed() - 1;
    CHARGE_STEP();
    if (context_.fuel_.left == 0) {
      frame->pc = pc;
      return Outcome::kYielded;
    }
    NEXT();
  }
  --context_.fuel_.left;
  Loop& loop = *object_cast<Loop>(OPERAND_A);
  if (next_of(loop, OPERAND_B)) pc += INSTRUCTION.c_signed();
  NEXT();
}
op_IterEnd:
  end_loop(context_, OPERAND_A);
  NEXT();

  // --- Calls ---

op_Call: {
  frame->pc = pc;
  frame->result = INSTRUCTION.c;
  Value callee = OPERAND_A;
  std::uint32_t given = INSTRUCTION.b;
  std::uint32_t base = frame->base + INSTRUCTION.a + 1u;
  if (is_object_of(callee, Type::kFunction)) {
    // The common call: as many arguments as parameters, and room for the frame.
    auto* function = object_cast<Function>(callee);
    const Proto& proto = *function->proto;
    if (proto.exact_arguments == given && task.depth < task.frame_capacity &&
        task.depth < task.depth_limit && base + proto.registers <= task.register_capacity &&
        context_.fuel_.left > 1) [[likely]] {
      --context_.fuel_.left;
      frame = &task.frames[task.depth++];
      pc = proto.code.data();
      R = task.registers + base;
      *frame = {.proto = &proto,
                .pc = pc,
                .function = function,
                .base = base,
                .result = 0,
                .size = proto.registers};
      for (Value *r = R + given, *end = R + proto.registers; r < end; ++r) *r = Value::missing();
      NEXT();
    }
  }
  CHARGE_STEP();
  result = call(task, callee, {.first = base, .positional = given});
  goto returned_from_call;
}
op_CallSite:
  frame->pc = pc;
  frame->result = INSTRUCTION.c;
  CHARGE_STEP();
  result = call_site(task, OPERAND_A, env_.module->call_sites[INSTRUCTION.b],
                     frame->base + INSTRUCTION.a + 1u);
  goto returned_from_call;
op_CallMethod:
  frame->pc = pc;
  frame->result = INSTRUCTION.c;
  CHARGE_STEP();
  // In registers: `arguments` lies in memory.
  result = call_method(task, OPERAND_A, INSTRUCTION.b,
                       {.first = frame->base + INSTRUCTION.a + 1u, .positional = INSTRUCTION.aux});
  goto returned_from_call;
op_CallMethodSite: {
  const CallSite& site = env_.module->call_sites[INSTRUCTION.b];
  frame->pc = pc;
  frame->result = INSTRUCTION.c;
  CHARGE_STEP();
  Value receiver = OPERAND_A;
  if (!spread(task, site, frame->base + INSTRUCTION.a + 1u, arguments)) goto failed_in_call;
  if (site.has_kwargs &&
      !check_names_differ(task, text_of(K[env_.module->methods[site.method]]), arguments, site)) {
    goto failed_in_call;
  }
  result = call_method(task, receiver, site.method, arguments);
  goto returned_from_call;
}
returned_from_call:
  if (result.is_pending()) {
    // A frame was pushed, or the task waits.
    if (task.state != Task::State::kReady) return Outcome::kBlocked;
    if (context_.fuel_.left == 0) return Outcome::kYielded;
    goto enter_frame;
  }
  if (result.is_failed()) goto failed_in_call;
  R = task.registers + frame->base;
  OPERAND_C = result;
  NEXT();

op_Return:
  result = OPERAND_A;
  goto leave_frame;
op_ReturnNone:
  result = Value::none();
leave_frame:
  --task.depth;
  if (task.depth == 0) {
    task.result = result;
    return Outcome::kFinished;
  }
  frame = &task.top();
  if (frame->proto == nullptr) {
    deliver(task, result);
    return Outcome::kContinue;
  }
  pc = frame->pc;
  R = task.registers + frame->base;
  R[frame->result] = result;
  NEXT();

  // --- Elements and attributes ---

op_Index: {
  Value container = OPERAND_B;
  Value key = OPERAND_C;
  if (key.is_small_int() && is_list(container)) {
    List* list = as_list(container);
    std::int64_t i = key.as_small_int();
    if (i >= 0 && i < list->length) {
      OPERAND_A = list->items[i];
      NEXT();
    }
  }
  STORE(INSTRUCTION.a, get_item(context_, container, key));
}
op_IndexConst: {
  Value container = OPERAND_B;
  Value key = K[INSTRUCTION.c];
  if (is_dict(container)) [[likely]] {
    Value found = table_find(*as_dict(container), key, env_.hashes[INSTRUCTION.c]);
    if (!found.is_missing()) [[likely]] {
      OPERAND_A = found;
      NEXT();
    }
  }
  STORE(INSTRUCTION.a, get_item(context_, container, key));
}
op_StoreIndex: {
  Value container = OPERAND_A;
  Value key = OPERAND_B;
  if (key.is_small_int() && is_list(container)) {
    List* list = as_list(container);
    std::int64_t i = key.as_small_int();
    if (i >= 0 && i < list->length && list->iterations == 0 && !list->has(Object::kFrozen)) {
      list->items[i] = OPERAND_C;
      NEXT();
    }
  }
  if (!set_item(context_, container, key, OPERAND_C)) goto failed;
  NEXT();
}
op_Slice:
  STORE(INSTRUCTION.a,
        get_slice(context_, OPERAND_B, OPERAND_C, R[INSTRUCTION.c + 1], R[INSTRUCTION.c + 2]));
op_Attribute: {
  const Value& name = K[INSTRUCTION.c];
  STORE(INSTRUCTION.a, get_attribute(context_, OPERAND_B, text_of(name)));
}
op_StoreAttribute: {
  const Value& name = K[INSTRUCTION.c];
  if (!set_attribute(context_, OPERAND_A, text_of(name), OPERAND_B)) goto failed;
  NEXT();
}
op_Unpack:
  if (!unpack(OPERAND_B, INSTRUCTION.c, &OPERAND_A)) goto failed;
  NEXT();

  // --- Displays, comprehensions, f-strings ---

op_MakeList: {
  if (!context_.charge(1)) goto failed;
  List* list = context_.list(INSTRUCTION.c);
  if (list == nullptr) goto failed;
  std::copy_n(R + INSTRUCTION.b, INSTRUCTION.c, list->items);
  list->length = INSTRUCTION.c;
  OPERAND_A = Value::object(list);
  NEXT();
}
op_MakeTuple:
  STORE(INSTRUCTION.a, context_.tuple(std::span<const Value>(R + INSTRUCTION.b, INSTRUCTION.c)));
op_MakeRecord: {
  if (!context_.charge(4)) goto failed;  // making it, and collecting it later
  Dict* dict = make_record(context_, env_.records[INSTRUCTION.c], R + INSTRUCTION.b);
  if (dict == nullptr) goto failed;
  OPERAND_A = Value::object(dict);
  NEXT();
}
op_MakeDict: {
  if (!context_.charge(4)) goto failed;  // as above
  Dict* dict = context_.dict(INSTRUCTION.bc_unsigned());
  if (dict == nullptr) goto failed;
  OPERAND_A = Value::object(dict);
  NEXT();
}
op_ListAppend:
  if (!context_.append(*as_list(OPERAND_A), OPERAND_B)) goto failed;
  NEXT();
op_DictInsert:
  if (INSTRUCTION.aux != 0) {
    if (!insert_unique(OPERAND_A, OPERAND_B, OPERAND_C)) goto failed;
  } else if (!table_set(context_, *as_dict(OPERAND_A), OPERAND_B, OPERAND_C)) {
    goto failed;
  }
  NEXT();
op_DictInsertConst: {
  Dict& dict = *as_dict(OPERAND_A);
  const std::uint32_t before = dict.length;
  if (!table_set(context_, dict, K[INSTRUCTION.b], env_.hashes[INSTRUCTION.b], OPERAND_C))
    goto failed;
  if (dict.length == before) {
    fail_duplicate(K[INSTRUCTION.b]);
    goto failed;
  }
  NEXT();
}
op_Format:
  STORE(INSTRUCTION.a, format(OPERAND_B, static_cast<char>(INSTRUCTION.aux),
                              INSTRUCTION.c == kNoRegister ? Value::missing() : OPERAND_C));
op_Concat:
  STORE(INSTRUCTION.a, concat({R + INSTRUCTION.b, INSTRUCTION.c}));

failed:
  frame->pc = pc;
failed_in_call:
  return Outcome::kFailed;
}

}  // namespace larkspur::starlark
