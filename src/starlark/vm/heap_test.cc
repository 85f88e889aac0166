#include "starlark/vm/heap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace larkspur::starlark {
namespace {

TEST(Heap, NeverPassesItsLimit) {
  constexpr std::size_t kLimit = 1 << 20;
  Heap heap(kLimit);
  std::size_t given = 0;
  for (std::size_t size = 8;; size = size * 3 % 5000 + 8) {
    void* p = heap.allocate(size);
    if (p == nullptr) break;
    std::memset(p, 1, size);
    given += size;
    ASSERT_LE(heap.used_bytes(), kLimit);
  }
  EXPECT_GT(given, kLimit * 8 / 10);
  EXPECT_LE(heap.peak_bytes(), kLimit);
}

TEST(Heap, RefusesWhatCannotFit) {
  Heap heap(1 << 20);
  EXPECT_EQ(heap.allocate(2 << 20), nullptr);
  EXPECT_EQ(heap.allocate(static_cast<std::size_t>(-64)), nullptr);
  std::size_t bytes = static_cast<std::size_t>(-100);
  EXPECT_EQ(heap.allocate_block(bytes), nullptr);
  EXPECT_EQ(heap.used_bytes(), 0u);
}

TEST(Heap, StartsSmall) {
  Heap heap(64 << 20);
  EXPECT_EQ(heap.used_bytes(), 0u);
  heap.allocate(100);
  EXPECT_LE(heap.used_bytes(), 4096u);
}

TEST(Heap, GivesBlocksOutAgain) {
  Heap heap(1 << 20);
  std::size_t bytes = 100;
  void* first = heap.allocate_block(bytes);
  EXPECT_EQ(bytes, 128u);
  heap.free_block(first, bytes);
  std::size_t again = 120;
  EXPECT_EQ(heap.allocate_block(again), first);
}

TEST(Heap, LargeBlocksGoBackToTheSystem) {
  Heap heap(1 << 20);
  for (int i = 0; i < 100; ++i) {
    std::size_t bytes = 500'000;
    void* block = heap.allocate_block(bytes);
    ASSERT_NE(block, nullptr);
    heap.free_block(block, bytes);
  }
  EXPECT_EQ(heap.used_bytes(), 0u);
}

TEST(Heap, BlocksKeepWhatTheyHoldAsTheyGrow) {
  Heap heap(64 << 20);
  struct Block {
    unsigned char* data;
    std::size_t bytes;
    unsigned char fill;
  };
  std::vector<Block> blocks;
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    if (blocks.size() < 20) {
      std::size_t bytes = random() % 300 + 1;
      auto* data = static_cast<unsigned char*>(heap.allocate_block(bytes));
      ASSERT_NE(data, nullptr);
      auto fill = static_cast<unsigned char>(round);
      std::memset(data, fill, bytes);
      blocks.push_back({data, bytes, fill});
    }
    Block& block = blocks[random() % blocks.size()];
    for (std::size_t i = 0; i < block.bytes; ++i) ASSERT_EQ(block.data[i], block.fill);
    if (block.bytes > 200'000) {
      heap.free_block(block.data, block.bytes);
      block = blocks.back();
      blocks.pop_back();
      continue;
    }
    std::size_t bytes = block.bytes + block.bytes / 2 + 1;
    auto* grown =
        static_cast<unsigned char*>(heap.grow_block(block.data, block.bytes, block.bytes, bytes));
    ASSERT_NE(grown, nullptr);
    std::memset(grown + block.bytes, block.fill, bytes - block.bytes);
    block.data = grown;
    block.bytes = bytes;
  }
}

}  // namespace
}  // namespace larkspur::starlark
