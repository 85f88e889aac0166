#include "starlark/vm/heap.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "starlark/vm/system_memory.h"

namespace larkspur::starlark {
namespace {

// A script that never has more than this never collects.
constexpr std::ptrdiff_t kFirstCollectionBytes = std::ptrdiff_t{1} << 20;
// Of chunks without a live cell: what a script makes and drops all the time need not come from the
// system each time.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;
// No limit is larger than this in earnest.
constexpr std::size_t kMostBytes = std::size_t{1} << 60;

// Blocks come in 16, 24, 32, 48, 64, 96, ... bytes: powers of two and what lies half way between,
// so that what one owner gives back fits the next.
std::size_t round_up_block(std::size_t bytes) {
  if (bytes <= 16) return 16;
  std::size_t above = std::bit_ceil(bytes);
  std::size_t half_way = above / 4 * 3;
  return bytes <= half_way ? half_way : above;
}

}  // namespace

Heap::~Heap() {
  while (chunks_ != nullptr) {
    Chunk* chunk = std::exchange(chunks_, chunks_->next);
    LARKSPUR_UNPOISON(chunk, chunk->bytes);
    give_system_memory(chunk, chunk->bytes);
  }
  while (large_ != nullptr) {
    Large* large = std::exchange(large_, large_->next);
    give_system_memory(large, large->bytes);
  }
}

// --- Objects ---

void* Heap::allocate_slow(std::size_t bytes) {
  bytes = std::max(bytes, sizeof(FreeCell));
  if (bytes > kMaxSmallCell) return allocate_large(bytes);
  retire_gap();
  if (FreeCell* cell = take_free(bytes)) {
    gap_ = top_ = reinterpret_cast<char*>(cell);
    end_ = top_ + cell->length;
  } else if (!new_chunk(bytes)) {
    return nullptr;
  }
  char* result = top_;
  top_ += bytes;
  LARKSPUR_UNPOISON(result, bytes);
  return result;
}

// Chunks grow with the heap, so that a small script stays small and a large one has few chunks;
// near the limit the last chunks are as small as what is asked for.
bool Heap::new_chunk(std::size_t bytes) {
  std::size_t needed = bytes + sizeof(Chunk);
  std::size_t total =
      std::max({needed, kFirstChunkBytes, std::min({used_, kMaxChunkBytes, limit_ / 64})});
  total &= ~std::size_t{7};
  if (!has_room(total)) total = needed;
  if (!has_room(total)) return false;
  auto* chunk = static_cast<Chunk*>(take_system_memory(total));
  if (chunk == nullptr) return false;
  take(total);
  *chunk = {.next = chunks_, .bytes = total};
  chunks_ = chunk;
  gap_ = top_ = chunk->begin();
  end_ = chunk->end();
  LARKSPUR_POISON(top_, total - sizeof(Chunk));
  return true;
}

Object* Heap::allocate_large(std::size_t bytes) {
  std::size_t total = bytes + sizeof(Large);
  if (total < bytes || !has_room(total)) return nullptr;
  auto* large = static_cast<Large*>(take_system_memory(total));
  if (large == nullptr) return nullptr;
  take(total);
  occupy(total);
  *large = {.next = large_, .previous = nullptr, .bytes = total, .unused = 0};
  if (large_ != nullptr) large_->previous = large;
  large_ = large;
  return large->cell();
}

void Heap::free_large(Large* large) {
  if (large->next != nullptr) large->next->previous = large->previous;
  (large->previous != nullptr ? large->previous->next : large_) = large->next;
  used_ -= large->bytes;
  occupied_ -= static_cast<std::ptrdiff_t>(large->bytes);
  give_system_memory(large, large->bytes);
}

// --- Blocks ---

void* Heap::allocate_block(std::size_t& bytes) {
  Object* cell;
  if (bytes > kLargeBytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    if (bytes > limit_) return nullptr;
    cell = allocate_large(sizeof(Object) + bytes);
    if (cell == nullptr) return nullptr;
    *cell = {.type = Type::kBlock};
    return cell + 1;
  }
  bytes = round_up_block(bytes);
  std::size_t needed = sizeof(Object) + bytes;
  std::size_t bin = bin_of(needed);
  // One that was given back has the right size; what is left of a longer one stays unused.
  if (free_[bin] != nullptr && free_[bin]->length >= needed) {
    cell = pop_free(bin);
    needed = cell->length;
    occupy(needed);
    LARKSPUR_UNPOISON(cell, needed);
  } else {
    cell = static_cast<Object*>(allocate(needed));
    if (cell == nullptr) return nullptr;
  }
  *cell = {.type = Type::kBlock, .length = static_cast<std::uint32_t>(needed - sizeof(Object))};
  return cell + 1;
}

void Heap::free_block(void* block, std::size_t bytes) {
  if (block == nullptr) return;
  Object* cell = header_of(block);
  if (bytes > kLargeBytes) return free_large(reinterpret_cast<Large*>(cell) - 1);
  std::size_t cell_size = cell_bytes(*cell);
  occupied_ -= static_cast<std::ptrdiff_t>(cell_size);
  add_free(reinterpret_cast<char*>(cell), cell_size);
}

void* Heap::grow_block(void* block, std::size_t old_bytes, std::size_t used, std::size_t& bytes) {
  if (old_bytes > kLargeBytes && bytes > old_bytes) return grow_large(block, bytes);
  void* grown = allocate_block(bytes);
  if (grown == nullptr) return nullptr;
  if (used > 0) std::memcpy(grown, block, used);
  free_block(block, old_bytes);
  return grown;
}

void* Heap::grow_large(void* block, std::size_t& bytes) {
  bytes = (bytes + 7) & ~std::size_t{7};
  if (bytes > limit_) return nullptr;
  Large* large = reinterpret_cast<Large*>(header_of(block)) - 1;
  std::size_t total = bytes + sizeof(Object) + sizeof(Large);
  std::size_t more = total - large->bytes;
  if (!has_room(more)) return nullptr;
  auto* moved = static_cast<Large*>(grow_system_memory(large, large->bytes, total));
  if (moved == nullptr) return nullptr;
  take(more);
  occupy(more);
  moved->bytes = total;
  if (moved->next != nullptr) moved->next->previous = moved;
  (moved->previous != nullptr ? moved->previous->next : large_) = moved;
  return moved->cell() + 1;
}

// --- Free cells ---

std::size_t Heap::bin_of(std::size_t bytes) {
  if (bytes <= 256) return bytes / 8 - 2;
  auto log2 = static_cast<std::size_t>(std::bit_width(bytes)) - 1;  // 2^log2 <= bytes
  std::size_t bin = kExactBins + (log2 - 8) * 2 + (bytes >> (log2 - 1) & 1);
  return std::min(bin, kBins - 1);
}

void Heap::add_free(char* begin, std::size_t bytes) {
  auto* cell = reinterpret_cast<FreeCell*>(begin);
  static_cast<Object&>(*cell) = {.type = Type::kFree, .length = static_cast<std::uint32_t>(bytes)};
  if (bytes < sizeof(FreeCell)) return;
  std::size_t bin = bin_of(bytes);
  cell->next = free_[bin];
  free_[bin] = cell;
  filled_bins_ |= std::uint64_t{1} << bin;
  LARKSPUR_POISON(begin + sizeof(FreeCell), bytes - sizeof(FreeCell));
}

Heap::FreeCell* Heap::pop_free(std::size_t bin) {
  FreeCell* cell = free_[bin];
  free_[bin] = cell->next;
  if (cell->next == nullptr) filled_bins_ &= ~(std::uint64_t{1} << bin);
  return cell;
}

// A free cell of at least `bytes`, off its list. Any cell of a higher bin is long enough.
Heap::FreeCell* Heap::take_free(std::size_t bytes) {
  std::size_t bin = bin_of(bytes);
  if (free_[bin] != nullptr && free_[bin]->length >= bytes) return pop_free(bin);
  std::uint64_t above = filled_bins_ >> bin >> 1;
  if (above == 0) return nullptr;
  return pop_free(bin + 1 + static_cast<std::size_t>(std::countr_zero(above)));
}

// What is left of the gap becomes a free cell again.
void Heap::retire_gap() {
  occupy(static_cast<std::size_t>(top_ - gap_));
  auto bytes = static_cast<std::size_t>(end_ - top_);
  if (bytes > 0) {
    LARKSPUR_UNPOISON(top_, std::min(bytes, sizeof(FreeCell)));
    add_free(top_, bytes);
  }
  gap_ = top_ = end_ = nullptr;
}

// --- Sweeping ---

std::size_t Heap::sweep() {
  retire_gap();
  std::fill(std::begin(free_), std::end(free_), nullptr);
  filled_bins_ = 0;
  std::size_t cells = 0;
  occupied_ = 0;
  sweep_large(cells);
  std::size_t kept = 0;
  for (Chunk** link = &chunks_; *link != nullptr;) {
    Chunk* chunk = *link;
    bool is_first = chunk->next == nullptr;
    if (sweep_chunk(*chunk, cells) || is_first) {
      link = &chunk->next;
    } else if (kept + chunk->bytes <= std::min(kKeptBytes, limit_ / 16)) {
      kept += chunk->bytes;
      add_free(chunk->begin(), static_cast<std::size_t>(chunk->end() - chunk->begin()));
      link = &chunk->next;
    } else {
      *link = chunk->next;
      used_ -= chunk->bytes;
      LARKSPUR_UNPOISON(chunk, chunk->bytes);
      give_system_memory(chunk, chunk->bytes);
    }
  }
  wants_collection_ = false;
  plan_collection();
  return cells;
}

void Heap::sweep_large(std::size_t& cells) {
  for (Large* large = large_; large != nullptr;) {
    Large* next = large->next;
    Object& cell = *large->cell();
    ++cells;
    occupied_ += static_cast<std::ptrdiff_t>(large->bytes);
    if (cell.has(Object::kMarked)) {
      cell.flags &= static_cast<std::uint8_t>(~Object::kMarked);
    } else {
      free_large(large);
    }
    large = next;
  }
}

// False when nothing in the chunk is alive; its free cells are then on no list, unless it is the
// only chunk.
bool Heap::sweep_chunk(Chunk& chunk, std::size_t& cells) {
  char* free_begin = chunk.begin();
  char* at = chunk.begin();
  for (char* next; at < chunk.end(); at = next) {
    auto& cell = *reinterpret_cast<Object*>(at);
    std::size_t bytes = cell_bytes(cell);
    next = at + bytes;
    ++cells;
    if (!cell.has(Object::kMarked)) continue;
    cell.flags &= static_cast<std::uint8_t>(~Object::kMarked);
    occupied_ += static_cast<std::ptrdiff_t>(bytes);
    if (at > free_begin) add_free(free_begin, static_cast<std::size_t>(at - free_begin));
    free_begin = next;
  }
  bool alive = free_begin != chunk.begin();
  if (at > free_begin && (alive || chunk.next == nullptr)) {
    add_free(free_begin, static_cast<std::size_t>(at - free_begin));
  }
  return alive;
}

// The next collection is due when as much has been taken again as is alive now, so that collecting
// costs no more than allocating did; but early enough that a native, in which nobody collects,
// finds three quarters of what is not alive free.
void Heap::plan_collection() {
  auto limit = static_cast<std::ptrdiff_t>(std::min(limit_, kMostBytes));
  std::ptrdiff_t room = std::max<std::ptrdiff_t>(limit - occupied_, 0);
  std::ptrdiff_t growth = std::min(std::max(kFirstCollectionBytes, occupied_), room / 4);
  collect_at_ = occupied_ + std::max(growth, limit / 64);
}

}  // namespace larkspur::starlark
