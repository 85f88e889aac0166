#include "starlark/compile/emitter.h"

#include <algorithm>
#include <limits>

namespace larkspur::starlark {

void Emitter::jump(Jumps& jumps, Op op, std::size_t a, std::size_t b, std::size_t aux) {
  pending_.push_back({static_cast<std::uint32_t>(code_.size()), jumps.last});
  jumps.last = static_cast<std::int32_t>(pending_.size()) - 1;
  emit(op, a, b, 0, aux);
}

void Emitter::land(Jumps& jumps) {
  for (; jumps.last >= 0; jumps.last = pending_[static_cast<std::size_t>(jumps.last)].before) {
    const std::uint32_t from = pending_[static_cast<std::size_t>(jumps.last)].instruction;
    Instruction& jump = code_[from];
    const std::size_t distance = code_.size() - from - 1;
    const Layout layout = layout_of(jump.op);
    if (layout == Layout::kJ || layout == Layout::kAJ) {
      jump.b = static_cast<std::uint16_t>(distance);
      jump.c = static_cast<std::uint16_t>(distance >> 16);
    } else {
      jump.c = static_cast<std::uint16_t>(distance);
      if (distance > std::numeric_limits<std::int16_t>::max()) {
        at(offsets_[from]);
        too_large("this block is too long", "move parts of it into functions");
      }
    }
  }
}

void Emitter::jump_back(std::size_t target) {
  const auto distance =
      static_cast<std::int32_t>(target) - static_cast<std::int32_t>(code_.size()) - 1;
  emit_wide(Op::kJumpBack, 0, static_cast<std::uint32_t>(distance));
}

void Emitter::again(std::size_t head, Register iterator, Register element) {
  const std::size_t distance = code_.size() - head;  // from behind this to behind the IterNext
  if (distance > std::numeric_limits<std::int16_t>::max()) return jump_back(head);
  emit(Op::kIterAgain, iterator, element, 0x10000 - distance);
}

Register Emitter::allocate(std::size_t count) {
  if (next_ + count > kMostRegisters) {
    too_large("too many values at once: the limit is " + std::to_string(kMostRegisters),
              "build a list step by step");
    return 0;
  }
  const Register first = next_;
  next_ = static_cast<Register>(next_ + count);
  most_ = std::max(most_, next_);
  return first;
}

void Emitter::too_large(std::string message, std::string hint) {
  if (!too_large_) errors_.add(offset_, std::move(message), std::move(hint));
  too_large_ = true;
}

void Emitter::finish(Proto& proto) {
  proto.registers = most_;
  proto.code = std::move(code_);
  proto.offsets = std::move(offsets_);
}

}  // namespace larkspur::starlark
