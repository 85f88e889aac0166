#include "starlark/vm/heap.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace larkspur::starlark {

Heap::~Heap() {
  while (chunks_ != nullptr) std::free(std::exchange(chunks_, chunks_->next));
  while (large_ != nullptr) std::free(std::exchange(large_, large_->next));
}

void* Heap::allocate_slow(std::size_t bytes) {
  if (bytes == 0) return allocate(8);
  if (bytes > kLargeBytes) return allocate_large(bytes);
  // Chunks grow with the heap, so that a small script stays small and a large one has few chunks;
  // near the limit the last chunks are as small as what is asked for.
  std::size_t needed = bytes + sizeof(Chunk);
  std::size_t chunk_bytes = std::max({needed, kFirstChunkBytes, std::min(used_, kMaxChunkBytes)});
  if (!has_room(chunk_bytes)) chunk_bytes = needed;
  if (!has_room(chunk_bytes)) return nullptr;
  auto* chunk = static_cast<Chunk*>(std::malloc(chunk_bytes));
  if (chunk == nullptr) return nullptr;
  take(chunk_bytes);
  chunk->next = chunks_;
  chunks_ = chunk;
  char* begin = reinterpret_cast<char*>(chunk + 1);
  top_ = begin + bytes;
  end_ = reinterpret_cast<char*>(chunk) + (chunk_bytes & ~std::size_t{7});
  return begin;
}

void* Heap::allocate_large(std::size_t bytes) {
  std::size_t total = bytes + sizeof(Large);
  if (total < bytes || !has_room(total)) return nullptr;
  auto* large = static_cast<Large*>(std::malloc(total));
  if (large == nullptr) return nullptr;
  take(total);
  *large = {.next = large_, .previous = nullptr, .bytes = total, .unused = 0};
  if (large_ != nullptr) large_->previous = large;
  large_ = large;
  return large + 1;
}

// Classes are 16, 24, 32, 48, 64, 96, ...: powers of two and what lies half way between.
std::size_t Heap::size_class(std::size_t bytes) {
  if (bytes <= 16) return 0;
  auto log2 = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 2^log2 < bytes
  bool upper = bytes > (std::size_t{3} << (log2 - 1));
  return (log2 - 4) * 2 + (upper ? 2 : 1);
}

std::size_t Heap::class_bytes(std::size_t index) {
  return (index % 2 == 0 ? std::size_t{16} : std::size_t{24}) << (index / 2);
}

void* Heap::allocate_block(std::size_t& bytes) {
  if (bytes > kLargeBytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    return allocate_large(bytes);
  }
  std::size_t index = size_class(bytes);
  bytes = class_bytes(index);
  if (free_[index] != nullptr) return std::exchange(free_[index], free_[index]->next);
  return allocate(bytes);
}

void Heap::free_block(void* block, std::size_t bytes) {
  if (block == nullptr) return;
  if (bytes > kLargeBytes) return free_large(block);
  std::size_t index = size_class(bytes);
  auto* free_block = static_cast<FreeBlock*>(block);
  free_block->next = free_[index];
  free_[index] = free_block;
}

void Heap::free_large(void* block) {
  Large* large = static_cast<Large*>(block) - 1;
  if (large->next != nullptr) large->next->previous = large->previous;
  (large->previous != nullptr ? large->previous->next : large_) = large->next;
  used_ -= large->bytes;
  std::free(large);
}

void* Heap::grow_block(void* block, std::size_t old_bytes, std::size_t used, std::size_t& bytes) {
  if (old_bytes > kLargeBytes && bytes > old_bytes) return grow_large(block, bytes);
  void* grown = allocate_block(bytes);
  if (grown == nullptr) return nullptr;
  if (used > 0) std::memcpy(grown, block, used);
  free_block(block, old_bytes);
  return grown;
}

// realloc moves pages instead of bytes where the block is really large.
void* Heap::grow_large(void* block, std::size_t& bytes) {
  bytes = (bytes + 7) & ~std::size_t{7};
  Large* large = static_cast<Large*>(block) - 1;
  std::size_t more = bytes + sizeof(Large) - large->bytes;
  if (!has_room(more)) return nullptr;
  auto* moved = static_cast<Large*>(std::realloc(large, bytes + sizeof(Large)));
  if (moved == nullptr) return nullptr;
  take(more);
  moved->bytes += more;
  if (moved->next != nullptr) moved->next->previous = moved;
  (moved->previous != nullptr ? moved->previous->next : large_) = moved;
  return moved + 1;
}

}  // namespace larkspur::starlark
