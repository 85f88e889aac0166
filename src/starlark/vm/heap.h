// The memory of one script: an arena with a hard limit that is counted before memory is taken.
//
// Small allocations are carved off chunks (4 KiB at first, growing with the heap to 1 MiB); what is
// larger than kLargeBytes has an allocation of its own. Nothing is destroyed one by one: the heap
// is dropped whole, so only trivially destructible types live here. Two kinds of memory come from
// it:
//   - objects, which begin with a header (vm/objects.h) and stay until the end;
//   - blocks, which one object owns (a list's items, a dict's table, a stack of registers) and
//   gives
//     back when it grows; size-class free lists hand them out again.
//
// allocate() and friends give nullptr when the limit would be passed; Context turns that into the
// terminal memory-limit error. One thread at a time. Not movable: the machine owns it in place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace larkspur::starlark {

class Heap {
 public:
  // What is larger has an allocation of its own.
  static constexpr std::size_t kLargeBytes = std::size_t{16} << 10;

  explicit Heap(std::size_t limit_bytes) : limit_(limit_bytes) {}
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // Memory for an object, 8-aligned, not cleared; nullptr when the limit would be passed.
  void* allocate(std::size_t bytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    if (bytes - 1 < static_cast<std::size_t>(end_ - top_)) {  // 0 bytes take the slow way
      char* result = top_;
      top_ += bytes;
      return result;
    }
    return allocate_slow(bytes);
  }

  // A block of at least `bytes`; `bytes` becomes what it really has, all of it usable.
  void* allocate_block(std::size_t& bytes);
  // Gives back a block; `bytes` is the size that allocate_block said.
  void free_block(void* block, std::size_t bytes);
  // A block of at least `bytes` that begins with the first `used` bytes of `block`, which is given
  // back. On nullptr the old block stays as it was. `block` may be nullptr with `old_bytes` 0.
  void* grow_block(void* block, std::size_t old_bytes, std::size_t used, std::size_t& bytes);

  // Would `bytes` more fit? The check to make before work that will need so much.
  bool has_room(std::size_t bytes) const { return bytes <= limit_ - used_; }

  std::size_t used_bytes() const { return used_; }  // taken from the system, headers included
  std::size_t peak_bytes() const { return peak_; }
  std::size_t limit_bytes() const { return limit_; }

 private:
  struct Chunk {
    Chunk* next;
  };
  struct Large {
    Large* next;
    Large* previous;
    std::size_t bytes;
    std::size_t unused;  // keeps what follows 16-aligned
  };
  struct FreeBlock {
    FreeBlock* next;
  };

  static constexpr std::size_t kFirstChunkBytes = 4096 - 16;  // with malloc's own header: one page
  static constexpr std::size_t kMaxChunkBytes = std::size_t{1} << 20;
  static constexpr std::size_t kClasses = 21;  // 16, 24, 32, 48, 64, 96, ... 12 KiB, 16 KiB

  static std::size_t size_class(std::size_t bytes);
  static std::size_t class_bytes(std::size_t index);

  void* allocate_slow(std::size_t bytes);
  void* allocate_large(std::size_t bytes);
  void free_large(void* block);
  void* grow_large(void* block, std::size_t& bytes);
  void take(std::size_t bytes) {
    used_ += bytes;
    if (used_ > peak_) peak_ = used_;
  }

  char* top_ = nullptr;
  char* end_ = nullptr;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
  std::size_t limit_;
  Chunk* chunks_ = nullptr;
  Large* large_ = nullptr;
  FreeBlock* free_[kClasses] = {};
};

}  // namespace larkspur::starlark
