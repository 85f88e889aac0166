// What is JSON and what is not, case by case (after the cases of the JSONTestSuite), asked of all
// three readers at once.
#include "json/grammar.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "json/scan.h"

namespace larkspur::json {
namespace {

using namespace std::string_literals;

// Whether every reader accepts `text`; fails the test where they disagree.
bool accepted(const std::string& text) {
  const bool checked = check(text).has_value();
  const bool parsed = Document::parse(text).has_value();
  EXPECT_EQ(checked, parsed) << text;
  // An object at the outermost level is what scan_object reads.
  EXPECT_EQ(scan_object("{\"x\":" + text + "}").has_value(), checked) << text;
  return checked;
}

TEST(Grammar, Accepts) {
  const std::array texts = {
      "[]"s,
      "{}"s,
      " [] "s,
      "\t\r\n{ }\n"s,
      "null"s,
      "true"s,
      "false"s,
      "\"\""s,
      "0"s,
      "-0"s,
      "42"s,
      "-1"s,
      "1.5"s,
      "1E22"s,
      "1e+2"s,
      "1e-2"s,
      "0e1"s,
      "0.0"s,
      "-0.1"s,
      "123e65"s,
      "1.234567890E+34"s,
      "123456789012345678901234567890"s,
      "1e400"s,
      "0.1e-500"s,
      "[1,2,3]"s,
      "[[[]],{}]"s,
      "{\"\":0}"s,
      "{\"a\":{\"b\":[null]}}"s,
      "{\"a\\u0000b\":1}"s,
      "[ 1 , 2 ]"s,
      "{ \"a\" : 1 }"s,
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""s,
      "\"\\u0060\\u012a\\u12AB\""s,
      "\"\\ud83d\\ude39\""s,
      "\"\\uDBFF\\uDFFF\""s,
      "\"\\uFFFE\""s,
      "\"\x7F\""s,
      "\"\xE2\x80\xA8\xE2\x80\xA9\""s,
      "\"\xF4\x8F\xBF\xBF\""s,
      "\"\xEF\xBB\xBF\""s,
      "\"a/*b*/c//d\""s,
      "\"asd \""s,
      "\"12345678\""s,
      "\"123456789\\n\""s,
  };
  for (const std::string& text : texts) EXPECT_TRUE(accepted(text)) << text;
}

TEST(Grammar, RefusesWrongStructure) {
  const std::array texts = {
      ""s,
      " "s,
      "["s,
      "]"s,
      "{"s,
      "}"s,
      "[}"s,
      "{]"s,
      "[1"s,
      "[1,"s,
      "[1,]"s,
      "[,1]"s,
      "[1,,2]"s,
      "[,]"s,
      "[1 2]"s,
      "[1:2]"s,
      "[\"a\" \"b\"]"s,
      "[1]]"s,
      "[1]x"s,
      "[][]"s,
      "{}{}"s,
      "1 2"s,
      "[\"x\""s,
      "{\"a\"}"s,
      "{\"a\":}"s,
      "{\"a\":1,}"s,
      "{,\"a\":1}"s,
      "{\"a\":1,,\"b\":2}"s,
      "{\"a\" 1}"s,
      "{\"a\":1 \"b\":2}"s,
      "{\"a\"::1}"s,
      "{\"a\":1:2}"s,
      "{a:1}"s,
      "{'a':1}"s,
      "{1:1}"s,
      "{null:1}"s,
      "{[]:1}"s,
      "{\"a\":1"s,
      "{\"a\":"s,
      "{\"a\""s,
      "{\"a"s,
      "[1}"s,
      "{\"a\":1]"s,
      "[/**/]"s,
      "[1]//x"s,
      "#x"s,
      "[\f]"s,
      "[\xC2\xA0]"s,
      "\0"s,
      "[\0]"s,
      "[]\0"s,
      "\xEF\xBB\xBF[]"s,
      "[\xEF\xBB\xBF]"s,
      "*"s,
      ","s,
  };
  for (const std::string& text : texts) EXPECT_FALSE(accepted(text)) << text;
}

TEST(Grammar, RefusesWrongWords) {
  const std::array texts = {
      "tru"s,       "truE"s,  "True"s,     "TRUE"s,         "truee"s, "nul"s, "nulll"s, "fals"s,
      "undefined"s, "NaN"s,   "Infinity"s, "-Infinity"s,    "+1"s,    "-"s,   "--1"s,   "- 1"s,
      "01"s,        "-01"s,   "00"s,       "1."s,           ".1"s,    "-.1"s, "1.e1"s,  "1e"s,
      "1e+"s,       "1E-"s,   "1ee2"s,     "1e1.5"s,        "1+2"s,   "0x1"s, "1_000"s, "1a"s,
      "0e"s,        "1.2.3"s, "0.e1"s,     "\xEF\xBC\x91"s,
  };
  for (const std::string& text : texts) EXPECT_FALSE(accepted(text)) << text;
}

TEST(Grammar, RefusesWrongStrings) {
  const std::array texts = {
      "\""s,
      "\"a"s,
      "'a'"s,
      "\"\\\""s,
      "\"\\x00\""s,
      "\"\\q\""s,
      "\"\\\xF0\x9F\x8C\x80\""s,
      "\"\\a\""s,
      "\"\\U0041\""s,
      "\"\\u\""s,
      "\"\\u00A\""s,
      "\"\\u00G0\""s,
      "\"\\u-123\""s,
      "\"a\nb\""s,
      "\"\t\""s,
      "\"\x1F\""s,
      "\"a\0b\""s,
      "\"12345678\x01\""s,
      "\"\\ud800\""s,
      "\"\\udc00\""s,
      "\"\\ud800\\ud800\""s,
      "\"\\ud800x\""s,
      "\"\\ud800\\n\""s,
      "\"\\ud800\\u0041\""s,
      "\"\\udc00\\ud800\""s,
      "\"\\ud83d\\ude0\""s,
      "\"\xFF\""s,
      "\"\x80\""s,
      "\"\xC0\xAF\""s,
      "\"\xE0\x80\xAF\""s,
      "\"\xED\xA0\x80\""s,
      "\"\xF4\x90\x80\x80\""s,
      "\"\xC3\""s,
      "\"\xE2\x82\""s,
  };
  for (const std::string& text : texts) EXPECT_FALSE(accepted(text)) << text;
}

TEST(Grammar, FindsTheEndOfAStringAtEveryOffset) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string plain(size, 'a');
    EXPECT_TRUE(accepted("\"" + plain + "\""));
    EXPECT_TRUE(accepted("\"" + plain + "\\\\\""));
    EXPECT_TRUE(accepted("\"" + plain + "\\\"" + plain + "\""));
    EXPECT_FALSE(accepted("\"" + plain + "\x1F" + plain + "\""));
    EXPECT_FALSE(accepted("\"" + plain));
    EXPECT_FALSE(accepted("\"" + plain + "\\"));
  }
}

}  // namespace
}  // namespace larkspur::json
