#include "json/value.h"

#include <gtest/gtest.h>

#include <cmath>

namespace larkspur::json {
namespace {

Document parsed(std::string text) {
  auto document = Document::parse(std::move(text));
  EXPECT_TRUE(document) << (document ? "" : document.error().message);
  return document ? std::move(*document) : Document();
}

std::string error_of(std::string text) {
  const auto document = Document::parse(std::move(text));
  return document ? "no error" : document.error().message;
}

TEST(Document, LooksIntoNestedMembersWithoutChecksInBetween) {
  const Document document =
      parsed(R"({"params":{"_meta":{"progressToken":0}},"list":[1,[],{"a":2}]})");
  const Value root = document.root();
  EXPECT_EQ(root["params"]["_meta"]["progressToken"].integer(), 0);
  EXPECT_FALSE(root["params"]["nothing"]["at all"].exists());
  EXPECT_FALSE(root["list"]["a"].exists());
  EXPECT_EQ(root["list"].size(), 3u);
  EXPECT_EQ(root["params"]["_meta"].raw(), R"({"progressToken":0})");
  EXPECT_EQ(Document().root().raw(), "");
}

TEST(Document, NumbersKeepTheirSpelling) {
  const Document document =
      parsed("[1.0, 1, 1e3, -0, 18446744073709551616, 0.1, 1e400, 1e-400, 9223372036854775807]");
  std::string spellings;
  for (const Value value : document.root().elements()) spellings.append(value.raw()) += ' ';
  EXPECT_EQ(spellings, "1.0 1 1e3 -0 18446744073709551616 0.1 1e400 1e-400 9223372036854775807 ");
}

TEST(Document, IntegersAreOnlyWhatIsWrittenAsOneAndFits) {
  EXPECT_EQ(parsed("9223372036854775807").root().integer(), INT64_MAX);
  EXPECT_EQ(parsed("-9223372036854775808").root().integer(), INT64_MIN);
  for (const char* other : {"9223372036854775808", "1.0", "1e3", "\"1\"", "null", "[1]"}) {
    EXPECT_EQ(parsed(other).root().integer(), std::nullopt) << other;
  }
}

TEST(Document, DoublesOutOfRangeBecomeInfinityOrZero) {
  EXPECT_EQ(parsed("1e400").root().number(), HUGE_VAL);
  EXPECT_EQ(parsed("-1e400").root().number(), -HUGE_VAL);
  EXPECT_EQ(parsed("1e-400").root().number(), 0.0);
  EXPECT_EQ(parsed("0.1").root().number(), 0.1);
  EXPECT_EQ(parsed("\"0.1\"").root().number(), std::nullopt);
}

TEST(Document, StringsAreUnescaped) {
  const Document document =
      parsed(R"(["plain", "a\"\\\/\b\f\n\r\tz", "\u00e9\u20ac\ud83d\ude00\u0000"])");
  std::vector<std::string> strings;
  for (const Value value : document.root().elements()) strings.emplace_back(value.string());
  EXPECT_EQ(strings[0], "plain");
  EXPECT_EQ(strings[1], "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(strings[2], std::string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0", 10));
}

TEST(Document, KeysAreComparedUnescaped) {
  const Document document = parsed(R"({"tools\/call": 1, "\u0061": 2})");
  EXPECT_EQ(document.root()["tools/call"].integer(), 1);
  EXPECT_EQ(document.root()["a"].integer(), 2);
  EXPECT_NE(error_of(R"({"a": 1, "\u0061": 2})"), "no error");
}

TEST(Document, MembersComeInOrder) {
  const Document document = parsed(R"({"z":{"y":[{"x":1}]},"a":[],"m":null})");
  std::string order;
  for (const auto& [key, value] : document.root().members()) order.append(key).append(value.raw());
  EXPECT_EQ(order, R"(z{"y":[{"x":1}]}a[]mnull)");
}

TEST(Document, ValuesSurviveAMove) {
  Document first = parsed(R"({"short":"\n"})");
  const Value value = first.root()["short"];
  const Document second = std::move(first);
  EXPECT_EQ(value.string(), "\n");
  EXPECT_EQ(second.root()["short"].raw(), R"("\n")");
}

TEST(Document, ErrorsNameLineColumnAndWhatWasFound) {
  EXPECT_EQ(error_of("{\n \"a\": 1\n \"b\": 2}"),
            "line 3, column 2: expected ',' or '}', found '\"'");
  EXPECT_EQ(error_of("[\"\xC3\xA9\xE2\x82\xAC\" x"),
            "line 1, column 7: expected ',' or ']', found 'x'");
  EXPECT_EQ(error_of(""), "line 1, column 1: expected a value, found the end of the text");
  EXPECT_EQ(error_of("\xEF\xBB\xBF{}"),
            "line 1, column 1: expected a value, found a byte order mark");
  EXPECT_EQ(error_of("{\"a\":1,\n\"a\":2}"),
            "line 2, column 1: this key occurs twice in its object, found '\"'");
  EXPECT_EQ(error_of("[\"ok\xFF\"]"),
            "line 1, column 5: the text is not valid UTF-8, found byte 0xFF");
}

TEST(Document, InvalidUtf8IsFoundBehindManyGoodBytes) {
  for (const std::size_t before : {0, 1, 4095, 4096, 4097, 100'000}) {
    std::string text = "\"" + std::string(before, 'a') + "\xE2\x82\xAC\xE2\x82\"";
    EXPECT_EQ(error_of(text), "line 1, column " + std::to_string(before + 3) +
                                  ": the text is not valid UTF-8, found byte 0xE2");
  }
}

TEST(Document, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(error_of(nested(kMaxDepth)), "no error");
  EXPECT_EQ(error_of(nested(kMaxDepth + 1)),
            "line 1, column 201: nested deeper than 200 levels, found '['");
  EXPECT_NE(error_of(std::string(10'000'000, '[')), "no error");
}

TEST(Document, DuplicateKeysAreFoundAtEveryDepthAndAmongMany) {
  EXPECT_NE(error_of(R"([{"a":{"b":1,"b":1}}])"), "no error");
  EXPECT_EQ(error_of(R"([{"a":1},{"a":1},{"b":{"a":1},"a":2}])"), "no error");
  std::string many = "{";
  for (int i = 0; i < 100'000; ++i) many += "\"key" + std::to_string(i) + "\":0,";
  EXPECT_EQ(error_of(many + "\"last\":0}"), "no error");
  const std::string message = error_of(many + "\"key7\":0}");
  EXPECT_NE(message.find("occurs twice"), std::string::npos);
  EXPECT_NE(message.find("column " + std::to_string(many.size() + 1)), std::string::npos)
      << message;
}

TEST(Document, EveryCutOfATextIsRefused) {
  const std::string text =
      R"({"a":[1,-2.5e+3,"x\u00e9\ud83d\ude00\n",true,false,null,{}],"b":{"c":[]}})";
  ASSERT_EQ(error_of(text), "no error");
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(error_of(text.substr(0, size)), "no error") << text.substr(0, size);
  }
}

}  // namespace
}  // namespace larkspur::json
