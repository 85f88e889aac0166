// Where a script's heap gets its memory from. Large pieces are mapped and unmapped one by one, so
// that what a script gave back is the system's again at once, whatever the process's allocator
// likes to keep; small ones come from that allocator.
#pragma once

#include <cstddef>

namespace larkspur::starlark {

// nullptr when the system has none left. 16-aligned.
void* take_system_memory(std::size_t bytes);
// The same memory with more room behind it, moved where it must; nullptr, and nothing changed, when
// the system has none left. REQUIRES: as give_system_memory; more >= bytes.
void* grow_system_memory(void* memory, std::size_t bytes, std::size_t more);
// REQUIRES: `memory` came from take_system_memory(bytes), with the same size.
void give_system_memory(void* memory, std::size_t bytes);

}  // namespace larkspur::starlark
