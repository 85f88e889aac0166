// Instructions of one function as they are made: places in the source, jumps that land later,
// registers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "starlark/compile/bytecode.h"
#include "starlark/syntax/errors.h"

namespace larkspur::starlark {

using Register = std::uint16_t;

inline constexpr std::size_t kMostRegisters = 65'000;
inline constexpr std::size_t kMostOperands = 0xFFFF;  // of what a 16-bit operand counts

// Jumps that go to one place that is not yet known.
struct Jumps {
  std::int32_t last = -1;  // in Emitter::pending_
};

class Emitter {
 public:
  Emitter(std::uint32_t variables, Errors& errors)
      : errors_(errors), next_(static_cast<Register>(variables)), most_(next_) {}

  // The source place of the instructions that follow.
  void at(std::uint32_t offset) { offset_ = offset; }
  std::uint32_t offset() const { return offset_; }

  void emit(Op op, std::size_t a = 0, std::size_t b = 0, std::size_t c = 0, std::size_t aux = 0) {
    code_.push_back({op, static_cast<std::uint8_t>(aux), static_cast<std::uint16_t>(a),
                     static_cast<std::uint16_t>(b), static_cast<std::uint16_t>(c)});
    offsets_.push_back(offset_);
  }
  // With BC as one operand.
  void emit_wide(Op op, std::size_t a, std::uint32_t bc) { emit(op, a, bc & 0xFFFF, bc >> 16); }

  void jump(Jumps& jumps, Op op, std::size_t a = 0, std::size_t b = 0, std::size_t aux = 0);
  void land(Jumps& jumps);  // they all go to the next instruction
  std::size_t here() const { return code_.size(); }
  void jump_back(std::size_t target);
  // The back-edge of a `for` whose IterNext is at `head`.
  void again(std::size_t head, Register iterator, Register element);

  // Temporaries are a stack above the variables.
  Register allocate(std::size_t count = 1);
  Register top() const { return next_; }
  bool is_temporary(Register reg, std::uint32_t variables) const { return reg >= variables; }
  void release_to(Register mark) { next_ = mark; }

  // Something is too large for the instructions. Told once; what is emitted afterwards means
  // nothing.
  void too_large(std::string message, std::string hint);

  void finish(Proto& proto);

 private:
  struct Pending {
    std::uint32_t instruction;
    std::int32_t before;
  };

  Errors& errors_;
  std::vector<Instruction> code_;
  std::vector<std::uint32_t> offsets_;
  std::vector<Pending> pending_;
  std::uint32_t offset_ = 0;
  Register next_;
  Register most_;
  bool too_large_ = false;
};

// Gives the temporaries back that were taken during its life.
class Temporaries {
 public:
  explicit Temporaries(Emitter& emitter) : emitter_(emitter), mark_(emitter.top()) {}
  ~Temporaries() { emitter_.release_to(mark_); }
  Temporaries(const Temporaries&) = delete;
  Temporaries& operator=(const Temporaries&) = delete;

 private:
  Emitter& emitter_;
  Register mark_;
};

}  // namespace larkspur::starlark
