// Bytecode as text: what the operands of each layout mean is said once, here and in opcodes.def.
#include <string>

#include "starlark/compile/bytecode.h"

namespace larkspur::starlark {
namespace {

std::string reg(std::uint16_t index) {
  return index == kNoRegister ? std::string("-") : "r" + std::to_string(index);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string constant(const Module& module, std::size_t index) {
  if (index >= module.constants.size()) return "?";
  const Constant& constant = module.constants[index];
  switch (constant.kind) {
    case Constant::Kind::kInt:
      return std::to_string(constant.integer);
    case Constant::Kind::kBigInt:
      return std::string(constant.text);
    case Constant::Kind::kFloat:
      return std::to_string(constant.real);
    case Constant::Kind::kString:
      return quoted(constant.text);
    case Constant::Kind::kBytes:
      return "b" + quoted(constant.text);
  }
  return "?";
}

std::string target(std::size_t pc, std::int32_t distance) {
  return "@" + std::to_string(static_cast<std::int64_t>(pc) + 1 + distance);
}

// A number that counts or names something, where the layout alone would say "register".
std::string call_site(const Module& module, std::size_t index) {
  const CallSite& site = module.call_sites[index];
  std::string out = std::to_string(site.positional);
  for (const std::uint32_t name : site.names)
    out += " " + std::string(module.constants[name].text) + "=";
  if (site.has_args) out += " *";
  if (site.has_kwargs) out += " **";
  return "(" + out + ")";
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string special(const Module& module, const Instruction& i) {
  switch (i.op) {
    case Op::kLoadGlobal:
    case Op::kStoreGlobal:
      return reg(i.a) + " " + std::string(module.globals[i.b]);
    case Op::kLoadPredeclared:
      return reg(i.a) + " " + std::string(module.predeclared[i.b]);
    case Op::kLoadUniversal:
    case Op::kLoadFree:
    case Op::kLoadFreeCell:
      return reg(i.a) + " " + number(i.b);
    case Op::kMakeFunction:
      return reg(i.a) + " proto " + number(i.b) + " " + reg(i.c);
    case Op::kMakeList:
    case Op::kMakeTuple:
    case Op::kConcat:
    case Op::kUnpack:
      return reg(i.a) + " " + reg(i.b) + " " + number(i.c);
    case Op::kMakeRecord: {
      std::string keys;
      for (std::uint32_t key : module.records[i.c])
        keys += " " + std::string(module.constants[key].text);
      return reg(i.a) + " " + reg(i.b) + keys;
    }
    case Op::kCall:
      return reg(i.c) + " = " + reg(i.a) + "(" + number(i.b) + ")";
    case Op::kCallSite:
      return reg(i.c) + " = " + reg(i.a) + call_site(module, i.b);
    case Op::kCallMethod:
      return reg(i.c) + " = " + reg(i.a) + "." +
             std::string(module.constants[module.methods[i.b]].text) + "(" + number(i.aux) + ")";
    case Op::kCallMethodSite:
      return reg(i.c) + " = " + reg(i.a) + "." +
             std::string(module.constants[module.methods[module.call_sites[i.b].method]].text) +
             call_site(module, i.b);
    default:
      return {};
  }
}

std::string operands(const Module& module, std::size_t pc, const Instruction& i) {
  if (std::string text = special(module, i); !text.empty()) return text;
  const std::string aux = i.aux != 0 ? " if true " : " if false ";
  switch (layout_of(i.op)) {
    case Layout::kNone:
      return {};
    case Layout::kA:
      return reg(i.a);
    case Layout::kAB:
      return reg(i.a) + " " + reg(i.b);
    case Layout::kABC:
      return reg(i.a) + " " + reg(i.b) + " " + reg(i.c);
    case Layout::kABK:
      return reg(i.a) + " " + reg(i.b) + " " + constant(module, i.c);
    case Layout::kABI:
      return reg(i.a) + " " + reg(i.b) + " " + number(i.c_signed());
    case Layout::kAI:
      return reg(i.a) + " " + number(i.bc());
    case Layout::kAK:
      return reg(i.a) + " " + constant(module, i.bc_unsigned());
    case Layout::kJ:
      return target(pc, i.bc());
    case Layout::kAJ:
      return reg(i.a) + aux + target(pc, i.bc());
    case Layout::kABJ:
      if (i.op == Op::kIterNext || i.op == Op::kIterAgain)
        return reg(i.a) + " " + reg(i.b) + " " + target(pc, i.c_signed());
      return reg(i.a) + " " + reg(i.b) + aux + target(pc, i.c_signed());
    case Layout::kAIJ:
      return reg(i.a) + " " + number(i.b_signed()) + aux + target(pc, i.c_signed());
    case Layout::kAKJ:
      return reg(i.a) + " " + constant(module, i.b) + aux + target(pc, i.c_signed());
    case Layout::kAKC:
      return reg(i.a) + " " + constant(module, i.b) + " " + reg(i.c);
  }
  return {};
}

std::string heading(const Module& module, const Proto& proto) {
  std::string out(proto.name);
  out += "(";
  for (const Parameter& parameter : proto.parameters) {
    out += std::string(module.constants[parameter.name].text) + (parameter.has_default ? "=" : "") +
           " ";
  }
  if (proto.has_args) out += "* ";
  if (proto.has_kwargs) out += "** ";
  if (out.back() == ' ') out.pop_back();
  out += ") registers " + number(proto.registers);
  for (const Capture& capture : proto.captures) {
    out += " captures " + std::string(capture.name) + (capture.is_cell ? " (cell)" : "");
  }
  return out + "\n";
}

}  // namespace

std::string disassemble(const Module& module) {
  std::string out;
  for (const Proto& proto : module.protos) {
    out += heading(module, proto);
    for (std::size_t pc = 0; pc < proto.code.size(); ++pc) {
      const Instruction& instruction = proto.code[pc];
      const std::string text = operands(module, pc, instruction);
      out += "  " + number(static_cast<std::int64_t>(pc)) + " " +
             std::string(to_string(instruction.op));
      if (!text.empty()) out += " " + text;
      out += "\n";
    }
  }
  return out;
}

}  // namespace larkspur::starlark
