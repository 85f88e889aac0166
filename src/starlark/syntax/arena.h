// A bump allocator for what is made together and dropped together: the tree of a script, its texts.
// Destructors never run, so only trivially destructible things live here. Not for several threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace larkspur::starlark {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) {
    const std::size_t padding = -used_ & (alignment - 1);
    if (padding + size > capacity_ - used_) return allocate_chunk(size);
    void* place = chunk_ + used_ + padding;
    used_ += padding + size;
    return place;
  }

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignof(std::max_align_t));
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Arguments>(arguments)...};
  }

  template <class T>
  std::span<T> copy(std::span<const T> items) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (items.empty()) return {};
    T* place = static_cast<T*>(allocate(items.size_bytes(), alignof(T)));
    std::memcpy(static_cast<void*>(place), items.data(), items.size_bytes());
    return {place, items.size()};
  }

  std::string_view copy(std::string_view text) {
    const std::span<char> place = copy(std::span(text.data(), text.size()));
    return {place.data(), place.size()};
  }

  std::size_t bytes() const { return bytes_; }  // taken from the system

 private:
  static constexpr std::size_t kFirstChunk = 8 << 10;
  static constexpr std::size_t kLargestChunk = 256 << 10;

  // A chunk's memory is aligned for everything, so its first allocation needs no padding.
  void* allocate_chunk(std::size_t size) {
    const std::size_t next = std::clamp(capacity_ * 2, kFirstChunk, kLargestChunk);
    capacity_ = std::max(size, next);
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(capacity_));
    chunk_ = chunks_.back().get();
    bytes_ += capacity_;
    used_ = size;
    return chunk_;
  }

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* chunk_ = nullptr;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace larkspur::starlark
