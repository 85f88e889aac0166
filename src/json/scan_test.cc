#include "json/scan.h"

#include <gtest/gtest.h>

#include "json/value.h"
#include "json/writer.h"

namespace larkspur::json {
namespace {

std::string error_of(std::string_view text) {
  const auto members = scan_object(text);
  return members ? "no error" : members.error().message;
}

TEST(ScanObject, TellsTheOutermostMembersApart) {
  const std::string_view text =
      R"( {"id" : 1.0, "res\u0075lt": {"a":[{"id":2}], "b": "}"} , "e":[ ]} )";
  const auto members = scan_object(text);
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ(find_member(*members, "id"), "1.0");
  EXPECT_EQ(find_member(*members, "result"), R"({"a":[{"id":2}], "b": "}"})");
  EXPECT_EQ(find_member(*members, "e"), "[ ]");
  EXPECT_EQ(find_member(*members, "a"), "");
  EXPECT_TRUE(scan_object("{}")->empty());
}

TEST(ScanObject, RefusesWhatIsNotAnObject) {
  EXPECT_EQ(error_of("\n [{}]"), "line 2, column 2: expected an object, found '['");
  EXPECT_EQ(error_of("7"), "line 1, column 1: expected an object, found '7'");
  EXPECT_NE(error_of(""), "no error");
}

TEST(ScanObject, RefusesDuplicatesOutermostOnly) {
  EXPECT_EQ(error_of(R"({"a":1,"b":2,"a":3})"),
            "line 1, column 14: this key occurs twice in its object, found '\"'");
  EXPECT_EQ(error_of(R"({"a":{"b":1,"b":2}})"), "no error");
}

TEST(SplitObject, FindsInJsonWhatScanObjectFinds) {
  for (const std::string_view text :
       {R"({})", R"( { } )", R"({"a":1})", R"({"a" : -1.5e3 , "b":true})",
        R"({"a":"x","b":"","c":null})", R"({"a":"}\"],{\\","b":["]",{"c":"\\\""}],"d":{"e":{}}})",
        R"({"a":[],"b":[[1,2],[]] ,"c":7 })", R"({"esc\u0061ped":1,"b":2})",
        "{\n\t\"a\" :\r\n[ 1 ]\n}", R"({"":{"":""}})"}) {
    const auto scanned = scan_object(text);
    const auto split = split_object(text);
    ASSERT_TRUE(scanned && split) << text;
    ASSERT_EQ(split->size(), scanned->size()) << text;
    for (std::size_t i = 0; i < split->size(); ++i) {
      EXPECT_EQ((*split)[i].key, (*scanned)[i].key) << text;
      EXPECT_EQ((*split)[i].raw, (*scanned)[i].raw) << text;
    }
  }
  for (const std::string_view text : {"[1]", "7", "", R"({"a":1,"a":2})"}) {
    EXPECT_FALSE(split_object(text)) << text;
  }
}

TEST(ScanObject, FiftyMegabytesStayWhereTheyAre) {
  std::string text = R"({"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":")";
  const std::string line = R"(a line of output with an \"escape\" in it, and \u20ac 12.50\n)";
  while (text.size() < 50u * 1024 * 1024) text += line;
  text += R"("}]}})";
  const auto members = scan_object(text);
  ASSERT_TRUE(members);
  const std::string_view result = find_member(*members, "result");
  EXPECT_GE(result.data(), text.data());
  EXPECT_EQ(result.data() + result.size(), text.data() + text.size() - 1);
  EXPECT_EQ(find_member(*members, "id"), "7");
  text[text.size() - 4] = 'x';
  EXPECT_FALSE(scan_object(text));
}

TEST(Writer, WritesNestedValues) {
  Writer writer;
  writer.begin_object()
      .key("a")
      .begin_array()
      .integer(-1)
      .number(0.1)
      .number(1e22)
      .null()
      .end_array();
  writer.key("b\n").boolean(true).key("c").raw(R"({"x":1.0})").key("d").begin_object().end_object();
  writer.key("e").string("x").end_object();
  EXPECT_EQ(writer.take(), R"({"a":[-1,0.1,1e+22,null],"b\n":true,"c":{"x":1.0},"d":{},"e":"x"})");
}

TEST(Writer, EscapesWhatMustBeAndRepairsWhatIsNotUtf8) {
  EXPECT_EQ(quote("\"\\/\b\f\n\r\t\x01\x1f\x7f\xC3\xA9"),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xC3\xA9\"");
  EXPECT_EQ(quote("a\xFF\xE2\x82z"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"");
  EXPECT_EQ(quote(""), "\"\"");
}

TEST(Writer, NumbersReadBackTheSame) {
  for (const double value :
       {0.0, -0.0, 1.0, 0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789012.0}) {
    Writer writer;
    writer.number(value);
    const auto document = Document::parse(writer.take());
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().number(), value);
  }
  Writer writer;
  writer.begin_array().number(1e308 * 10).number(-1e308 * 10).end_array();
  EXPECT_EQ(writer.text(), "[null,null]");
}

TEST(Writer, WhatItQuotesAnyReaderUnderstands) {
  std::string all;
  for (int byte = 0; byte < 128; ++byte) all += static_cast<char>(byte);
  const auto document = Document::parse(quote(all));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().string(), all);
}

}  // namespace
}  // namespace larkspur::json
