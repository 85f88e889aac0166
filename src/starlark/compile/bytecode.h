// What the compiler makes and the machine runs: register code with instructions of 64 bits. A
// Module is immutable and holds no values of any heap: its constants are plain data that a machine
// turns into values when it starts. All texts are views into memory that the Program owns (the
// source, or the module's arena).
//
// A frame has Proto::registers registers. Variables come first, parameters foremost:
//   [parameters in order][*args][**kwargs][other variables][temporaries]
// Variables other than parameters start unbound.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "starlark/starlark.h"
#include "starlark/syntax/arena.h"

namespace larkspur::starlark {

enum class Op : std::uint8_t {
#define OP(name, layout, effect) k##name,
#include "starlark/compile/opcodes.def"
#undef OP
};

inline constexpr std::size_t kOpCount = 0
#define OP(name, layout, effect) +1
#include "starlark/compile/opcodes.def"
#undef OP
    ;

// How the operands of an instruction are read; opcodes.def explains each.
enum class Layout : std::uint8_t {
  kNone,
  kA,
  kAB,
  kABC,
  kABK,
  kABI,
  kAI,
  kAK,
  kJ,
  kAJ,
  kABJ,
  kAIJ,
  kAKJ,
  kAKC,
};

struct Instruction {
  Op op;
  std::uint8_t aux = 0;
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  std::uint16_t c = 0;

  // B and C as one 32-bit operand: C is the high half.
  std::int32_t bc() const { return static_cast<std::int32_t>(bc_unsigned()); }
  std::uint32_t bc_unsigned() const { return b | std::uint32_t{c} << 16; }
  std::int16_t b_signed() const { return static_cast<std::int16_t>(b); }
  std::int16_t c_signed() const { return static_cast<std::int16_t>(c); }
};
static_assert(sizeof(Instruction) == 8);

inline constexpr std::uint16_t kNoRegister = 0xFFFF;

struct Constant {
  enum class Kind : std::uint8_t {
    kInt,     // integer
    kBigInt,  // text: digits of an int beyond 64 bits, decimal, or with 0x, 0o or 0b in front
    kFloat,   // real
    kString,  // text, valid UTF-8
    kBytes,   // text, any bytes
  };
  Kind kind = Kind::kInt;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text = {};
};

// One parameter of a function. The order is that of the registers: positional ones, keyword-only
// ones. *args and **kwargs are no Parameters; their registers follow. Equal strings are one
// constant, so an argument's name and a parameter's name are equal when their indexes are.
struct Parameter {
  std::uint32_t name = 0;  // a string constant
  bool has_default = false;
};

// What a function takes along from where it is made.
struct Capture {
  std::string_view name;
  bool from_parent_capture = false;  // else from a register of the maker's frame
  std::uint16_t index = 0;           // that capture, or that register
  bool is_cell = false;  // the captured thing is a cell (for LoadFreeCell), else a value
};

// The code of one function. Protos live in Module::protos; 0 is the script itself, "<toplevel>".
struct Proto {
  static constexpr std::uint32_t kTakesOthers = ~0u;

  std::string_view name;              // "lambda" for lambdas
  std::vector<Parameter> parameters;  // positional, then keyword-only
  std::uint16_t positional_only = 0;  // of the positional ones: those that cannot be named
  std::uint16_t positional = 0;       // parameters that an argument without a name can fill
  std::uint16_t defaults = 0;         // parameters with a default; MakeFunction gives them in order
  std::uint32_t exact_arguments =
      kTakesOthers;         // parameters, where it takes just so many without names
  bool has_args = false;    // register parameters.size() is *args
  bool has_kwargs = false;  // the register after that is **kwargs
  std::uint16_t registers = 0;
  std::vector<std::string_view>
      variables;  // names of the registers that are variables, for messages
  std::vector<Capture> captures;
  std::vector<Instruction> code;
  std::vector<std::uint32_t> offsets;  // for each instruction: the byte of the source it comes from
};

// A call that has more than positional arguments, or more of them than fit the instruction.
struct CallSite {
  std::uint16_t positional = 0;
  bool has_args = false;             // *args comes after the named arguments
  bool has_kwargs = false;           // **kwargs comes last
  std::uint32_t method = 0;          // CallMethodSite: a number of Module::methods
  std::vector<std::uint32_t> names;  // of the named arguments: string constants, all different
};

// One file of the program's source. The script comes first; behind it lie the modules it loads.
struct SourceFile {
  std::string name;              // as load() named it; "" for the script
  std::uint32_t begin = 0;       // byte of the source
  std::uint32_t first_line = 0;  // index into Module::lines
};

struct Module {
  std::vector<Proto> protos;
  std::vector<Constant> constants;
  std::vector<CallSite> call_sites;
  std::vector<std::uint32_t>
      methods;  // the names of methods that are called: string constants, all different
  // The keys of dict displays: string constants, all different in one display.
  std::vector<std::vector<std::uint32_t>> records;
  std::vector<std::string_view> globals;  // the names of the global slots
  std::vector<std::string_view>
      predeclared;  // the names LoadPredeclared refers to, as CompileOptions had them
  std::vector<std::uint32_t> lines;      // byte offset of each line's begin
  std::vector<SourceFile> files = {{}};  // the script first
  std::string_view source;               // all files, one after the other, each ending with a line
  bool byte_strings = false;
  Arena arena;

  // Where in its file a byte of the source stands.
  Location location(std::uint32_t offset) const;
  const SourceFile& file(std::uint32_t offset) const;
  // The text of the line with that byte, without its line break.
  std::string_view line(std::uint32_t offset) const;

 private:
  std::size_t line_index(std::uint32_t offset) const;
};

std::string_view to_string(Op op);
Layout layout_of(Op op);

// The module as text, one instruction a line, for tests and the curious.
std::string disassemble(const Module& module);

}  // namespace larkspur::starlark
