#include "starlark/vm/system_memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace larkspur::starlark {

namespace {

// Below it a mapping costs more (two system calls, page faults) than it is worth.
constexpr std::size_t kMappedBytes = 256 * 1024;

}  // namespace

void* take_system_memory(std::size_t bytes) {
  if (bytes < kMappedBytes) return std::malloc(bytes);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

void* grow_system_memory(void* memory, std::size_t bytes, std::size_t more) {
  if (more < kMappedBytes) return std::realloc(memory, more);
  if (bytes >= kMappedBytes) {  // pages move, bytes do not
    void* grown = mremap(memory, bytes, more, MREMAP_MAYMOVE);
    return grown == MAP_FAILED ? nullptr : grown;
  }
  void* grown = take_system_memory(more);
  if (grown == nullptr) return nullptr;
  std::memcpy(grown, memory, bytes);
  std::free(memory);
  return grown;
}

void give_system_memory(void* memory, std::size_t bytes) {
  if (bytes < kMappedBytes) {
    std::free(memory);
  } else {
    munmap(memory, bytes);
  }
}

}  // namespace larkspur::starlark
