#include "starlark/vm/collector.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "starlark/vm/context.h"
#include "starlark/vm/operations.h"
#include "starlark/vm/table.h"

namespace larkspur::starlark {
namespace {

Limits memory(std::size_t bytes) {
  Limits limits;
  limits.memory_bytes = bytes;
  return limits;
}

void collect(Context& context, std::initializer_list<Value> roots) {
  Collector collector(context.heap());
  for (Value root : roots) collector.mark(root);
  collector.finish();
}

TEST(Collector, KeepsWhatTheRootsReach) {
  Context context(memory(1 << 20));
  Dict* dict = context.dict();
  Value key = context.string("a key that is not short");
  Value text = context.string(std::string(1000, 'x'));  // in a buffer
  List* list = context.list();
  ASSERT_TRUE(context.append(*list, context.cell(context.substring(text, 10, 500))));
  ASSERT_TRUE(table_set(context, *dict, key, Value::object(list)));
  for (std::int64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(table_set(context, *dict, context.real(1e300 * static_cast<double>(i + 1)),
                          Value::small_int(i)));
  }
  Value root = context.tuple(std::vector{Value::object(dict)});
  for (int i = 0; i < 5; ++i) {
    collect(context, {root});
    for (int n = 0; n < 1000; ++n) context.string("what overwrites that which is free");
  }
  EXPECT_EQ(dict->length, 101u);
  Value found = table_find(context, *dict, context.string("a key that is not short"));
  ASSERT_TRUE(found.same(Value::object(list)));
  EXPECT_EQ(object_cast<String>(object_cast<Cell>(list->items[0])->value)->view(),
            std::string(500, 'x'));
  EXPECT_TRUE(table_find(context, *dict, context.real(7e300)).same(Value::small_int(6)));
}

TEST(Collector, GivesTheRestBack) {
  Context context(memory(4 << 20));
  for (int i = 0; i < 40'000; ++i) context.string("a text of some length");
  ASSERT_NE(context.tuple(std::size_t{10'000}), nullptr);  // an allocation of its own
  ASSERT_GT(context.heap().used_bytes(), 800'000u);
  EXPECT_TRUE(context.heap().wants_collection());
  collect(context, {});
  EXPECT_LE(context.heap().used_bytes(),
            (std::size_t{4} << 20) / 16 + 4096);  // what it keeps for later
  EXPECT_FALSE(context.heap().wants_collection());
}

// Its stack has room for 1/32 of the limit: 8192 objects.
TEST(Collector, FollowsMoreThanItsStackHolds) {
  Context context(memory(2 << 20));
  List* wide = context.list();
  for (std::int64_t i = 0; i < 12'000; ++i) {
    List* inner = context.list();
    Value leaf = context.tuple(std::vector{Value::small_int(i)});
    ASSERT_TRUE(context.append(*inner, leaf));
    ASSERT_TRUE(context.append(*wide, Value::object(inner)));
  }
  collect(context, {Value::object(wide)});
  for (int n = 0; n < 1000; ++n) context.tuple(std::size_t{1});
  for (std::int64_t i = 0; i < 12'000; ++i) {
    Tuple* leaf = as_tuple(as_list(wide->items[i])->items[0]);
    ASSERT_TRUE(leaf->items()[0].same(Value::small_int(i)));
  }
}

TEST(Collector, ASteadyScriptStaysAsLargeAsItIs) {
  Context context(memory(1 << 20));
  std::mt19937 random(11);
  List* live = context.list(50);
  live->length = 50;
  std::fill_n(live->items, 50, Value::none());
  for (int round = 0; round < 500; ++round) {
    for (int n = 0; n < 200; ++n) {
      Tuple* tuple = context.tuple(std::size_t{random() % 60});
      ASSERT_NE(tuple, nullptr) << round;
      live->items[random() % 50] = Value::object(tuple);
    }
    if (context.heap().wants_collection()) collect(context, {Value::object(live)});
  }
  EXPECT_LE(context.heap().peak_bytes(), 1u << 20);
}

}  // namespace
}  // namespace larkspur::starlark
