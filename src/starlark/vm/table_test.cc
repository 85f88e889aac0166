#include "starlark/vm/table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "starlark/vm/operations.h"

namespace larkspur::starlark {
namespace {

// A dict against a map and the order of insertion kept by hand.
class Model {
 public:
  void set(std::string key, int value) {
    if (!values_.contains(key)) order_.push_back(key);
    values_[key] = value;
  }
  bool remove(const std::string& key) {
    if (values_.erase(key) == 0) return false;
    std::erase(order_, key);
    return true;
  }
  const std::map<std::string, int>& values() const { return values_; }
  const std::vector<std::string>& order() const { return order_; }

 private:
  std::map<std::string, int> values_;
  std::vector<std::string> order_;
};

void expect_same(Context& context, const Dict& dict, const Model& model) {
  ASSERT_EQ(dict.length, model.order().size());
  std::uint32_t position = 0;
  for (const std::string& key : model.order()) {
    const Entry* entry = table_next(dict, position);
    ASSERT_NE(entry, nullptr);
    ASSERT_EQ(text_of(entry->key), key);
    ASSERT_EQ(entry->value.as_small_int(), model.values().at(key));
    ASSERT_TRUE(table_find(context, dict, context.string(key)).same(entry->value));
    ASSERT_TRUE(table_find(dict, key).same(entry->value));
  }
  ASSERT_EQ(table_next(dict, position), nullptr);
}

TEST(Table, AgreesWithAModel) {
  for (unsigned keys : {4u, 9u, 40u, 1000u}) {
    Context context(Limits{});
    Dict* dict = context.dict();
    Model model;
    std::mt19937 random(keys);
    for (int i = 0; i < 20'000; ++i) {
      // Short keys are inline, long ones are not.
      std::string key =
          std::to_string(random() % keys) + (random() % 2 == 0 ? "" : "-a-longer-key");
      int what = static_cast<int>(random() % 10);
      if (what < 5) {
        ASSERT_TRUE(table_set(context, *dict, context.string(key), Value::small_int(i)));
        model.set(key, i);
      } else if (what < 9) {
        Value removed = table_remove(context, *dict, context.string(key));
        ASSERT_EQ(!removed.is_missing(), model.remove(key));
      } else if (!model.order().empty()) {
        std::string first = model.order().front();
        Value key_value = table_first(*dict)->key;
        ASSERT_EQ(text_of(key_value), first);
        table_remove(context, *dict, key_value);
        model.remove(first);
      }
      if (i % 500 == 0) expect_same(context, *dict, model);
    }
    expect_same(context, *dict, model);
  }
}

TEST(Table, EqualNumbersAreOneKey) {
  Context context(Limits{});
  Dict* dict = context.dict();
  ASSERT_TRUE(table_set(context, *dict, Value::small_int(1), Value::inline_string("a")));
  EXPECT_TRUE(table_find(context, *dict, context.real(1.0)).same(Value::inline_string("a")));
  ASSERT_TRUE(table_set(context, *dict, context.real(0.0), Value::inline_string("b")));
  EXPECT_TRUE(table_find(context, *dict, context.real(-0.0)).same(Value::inline_string("b")));
  EXPECT_TRUE(table_find(context, *dict, Value::small_int(0)).same(Value::inline_string("b")));
  // 2^70, as a float and as an int.
  std::uint64_t limbs[] = {0, 64};
  ASSERT_TRUE(table_set(context, *dict, context.real(1180591620717411303424.0), Value::none()));
  EXPECT_TRUE(table_find(context, *dict, context.integer(limbs, false)).is_none());
  EXPECT_TRUE(table_find(context, *dict, Value::boolean(true)).is_missing());
  ASSERT_FALSE(context.has_failed());
}

TEST(Table, ListsAreNoKeys) {
  Context context(Limits{});
  Dict* dict = context.dict();
  EXPECT_FALSE(table_set(context, *dict, Value::object(context.list()), Value::none()));
  EXPECT_EQ(context.take_error().message, "unhashable type: list");
}

TEST(Table, DoesNotChangeUnderALoop) {
  Context context(Limits{});
  Dict* dict = context.dict();
  ASSERT_TRUE(table_set(context, *dict, Value::small_int(1), Value::none()));
  dict->iterations = 1;
  EXPECT_TRUE(table_set(context, *dict, Value::small_int(1), Value::small_int(2)));
  EXPECT_FALSE(table_set(context, *dict, Value::small_int(2), Value::none()));
  EXPECT_EQ(context.take_error().message, "cannot insert into dict during iteration");
  EXPECT_TRUE(table_remove(context, *dict, Value::small_int(1)).is_failed());
  EXPECT_EQ(dict->length, 1u);
}

TEST(Table, CollidingKeysAreCharged) {
  Limits limits;
  limits.steps = 2'000'000;
  Context context(limits);
  Dict* dict = context.dict();
  bool going = true;
  std::int64_t i = 0;
  // All bits that differ are high: a table that looks at the low ones only would be slow, not
  // charged.
  for (; going && i < 100'000; ++i) {
    going = table_set(context, *dict, Value::small_int(i << 40), Value::none());
  }
  EXPECT_EQ(i, 100'000);
  // Ten steps each in a large table, and no more.
  EXPECT_LT(context.steps_used(), 1'200'000u);
}

TEST(Table, StopsAtTheMemoryLimit) {
  Limits limits;
  limits.memory_bytes = 1 << 20;
  Context context(limits);
  Dict* dict = context.dict();
  std::int64_t i = 0;
  while (table_set(context, *dict, Value::small_int(i), Value::none())) ++i;
  EXPECT_GT(i, 10'000);
  EXPECT_EQ(context.take_error().kind, ErrorKind::kMemoryLimit);
  EXPECT_LE(context.heap().peak_bytes(), limits.memory_bytes);
}

}  // namespace
}  // namespace larkspur::starlark
