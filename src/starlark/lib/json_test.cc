#include "starlark/lib/json.h"

#include <gtest/gtest.h>

#include <limits>

#include "starlark/lib/library_for_test.h"

namespace larkspur::starlark {
namespace {

std::string decoded(std::string_view text) {
  LibraryForTest library;
  Value value;
  std::string problem;
  if (try_decode_json(library.context(), text, value, problem)) return library.repr(value);
  EXPECT_FALSE(library.context().has_failed());
  return problem;
}

std::string again(std::string_view text) {
  LibraryForTest library;
  std::string out;
  return encode_json(library.context(), library.json(text), out) ? out : "error";
}

TEST(JsonDecode, Values) {
  EXPECT_EQ(decoded(" null "), "None");
  EXPECT_EQ(decoded("[true,false]"), "[True, False]");
  EXPECT_EQ(decoded(R"({"a": [1, {"b": {}}], "c": []})"), R"({"a": [1, {"b": {}}], "c": []})");
  EXPECT_EQ(decoded(R"({"k": 1, "other": 2, "k": 3})"), R"({"k": 3, "other": 2})");
  EXPECT_EQ(decoded(R"([{"identifier": 1}, {"identifier": 2}, {"identifies": 3}])"),
            R"([{"identifier": 1}, {"identifier": 2}, {"identifies": 3}])");
}

TEST(JsonDecode, Numbers) {
  EXPECT_EQ(decoded("[0, -0, 1, -12, 1.0, 1e2, -1.5E-3, 0e+1]"),
            "[0, 0, 1, -12, 1.0, 100.0, -0.0015, 0.0]");
  EXPECT_EQ(decoded("[2305843009213693951, 2305843009213693952, 9223372036854775808]"),
            "[2305843009213693951, 2305843009213693952, 9223372036854775808]");
  EXPECT_EQ(decoded("-" + std::string(400, '7')), "-" + std::string(400, '7'));
  EXPECT_EQ(decoded("1e-999"), "0.0");
  EXPECT_EQ(decoded("1e999"), "at offset 5, number out of range");
  EXPECT_EQ(decoded("01"), "at offset 0, invalid number: 01");
  EXPECT_EQ(decoded("1."), "at offset 0, invalid number: 1.");
  EXPECT_EQ(decoded("[1.x]"), "at offset 1, invalid number: 1.");
  EXPECT_EQ(decoded("-"), "at offset 0, invalid number: -");
  EXPECT_EQ(decoded("+1"), "at offset 0, unexpected character '+'");
  EXPECT_EQ(decoded("NaN"), "at offset 0, unexpected character 'N'");
}

TEST(JsonDecode, Strings) {
  EXPECT_EQ(decoded(R"("a\"\\\/\b\f\n\r\t\u0041é")"), R"("a\"\\/\b\f\n\r\tAé")");
  EXPECT_EQ(decoded(R"("\ud83d\ude00")"), "\"\xf0\x9f\x98\x80\"");
  EXPECT_EQ(decoded(R"("\ud83dx\ude00")"), "\"\xef\xbf\xbdx\xef\xbf\xbd\"");
  EXPECT_EQ(decoded(R"("\x")"), "at offset 2, invalid character 'x' in string escape code");
  EXPECT_EQ(decoded(R"("\u12")"), "at offset 1, incomplete or invalid \\u escape");
  EXPECT_EQ(decoded("\"abc"), "at offset 4, unclosed string literal");
  EXPECT_EQ(decoded("\"abc\\"), "at offset 4, unclosed string literal");
  EXPECT_EQ(
      decoded("\"a\nb\""),
      "at offset 2, unexpected character '\\x0a' in string: control characters must be escaped");
}

TEST(JsonDecode, Malformed) {
  EXPECT_EQ(decoded(""), "at offset 0, unexpected end of file");
  EXPECT_EQ(decoded("[1,]"), "at offset 3, unexpected character ']'");
  EXPECT_EQ(decoded("[1 2]"), "at offset 3, in array, got '2', want ',' or ']'");
  EXPECT_EQ(decoded("{\"a\":1,}"), "at offset 7, unexpected character '}', want an object key");
  EXPECT_EQ(decoded("{\"a\" 1}"), "at offset 5, after object key, got '1', want ':'");
  EXPECT_EQ(decoded("{\"a\":1]"), "at offset 6, in object, got ']', want ',' or '}'");
  EXPECT_EQ(decoded("{\"a\""), "at offset 4, unexpected end of file");
  EXPECT_EQ(decoded("{1:2}"), "at offset 1, unexpected character '1', want an object key");
  EXPECT_EQ(decoded("nul"), "at offset 0, unexpected character 'n'");
  EXPECT_EQ(decoded("1 2"), "at offset 2, unexpected character '2' after value");
  EXPECT_EQ(decoded("\xc3\xa9"), "at offset 0, unexpected character '\xc3\xa9'");
}

TEST(JsonDecode, RefusesWhatIsNotUtf8) {
  LibraryForTest library;
  Value value;
  EXPECT_FALSE(decode_json(library.context(), "\"\xff\"", value));
  EXPECT_TRUE(library.context().has_failed());
}

TEST(JsonDecode, DepthAndMemoryAreBounded) {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  EXPECT_EQ(decoded(deep), deep);
  EXPECT_EQ(decoded("[" + deep + "]"), "at offset 200, nesting deeper than 200 levels");
  EXPECT_EQ(decoded(std::string(1'000'000, '[')), "at offset 200, nesting deeper than 200 levels");

  Limits limits;
  limits.memory_bytes = 1u << 20;
  std::string many = "[0";
  for (int i = 0; i < 200'000; ++i) many += ",{}";
  LibraryForTest library(limits);
  Value value;
  EXPECT_FALSE(decode_json(library.context(), many + "]", value));
  EXPECT_LE(library.context().heap().peak_bytes(), limits.memory_bytes);
}

TEST(JsonEncode, WritesWhatWasRead) {
  for (std::string_view text :
       {"null", "true", R"({"b":1,"a":[1,2.5,"x"],"n":{}})", "[]", "1.0", "1e+16", "-0.5",
        "123456789012345678901234567890", R"("q\"\\\n\r\t\u0001é")"}) {
    EXPECT_EQ(again(text), text);
  }
}

TEST(JsonEncode, OtherSequencesAreArrays) {
  LibraryForTest library;
  const Value pair[] = {library.context().range(0, 3, 1), Value::none()};
  std::string out;
  ASSERT_TRUE(encode_json(library.context(), library.context().tuple(pair), out));
  EXPECT_EQ(out, "[[0,1,2],null]");
}

TEST(JsonEncode, RefusesWhatHasNoJson) {
  const auto refused = [](auto make) {
    LibraryForTest library;
    std::string out;
    return !encode_json(library.context(), make(library.context()), out) &&
           library.context().has_failed();
  };
  EXPECT_TRUE(refused([](Context& c) { return c.real(std::numeric_limits<double>::infinity()); }));
  EXPECT_TRUE(refused([](Context& c) { return c.bytes("x"); }));
  EXPECT_TRUE(refused([](Context&) { return Value::object(&universal_functions()[0]); }));
  EXPECT_TRUE(refused([](Context& c) {
    Dict* dict = c.dict();
    table_set(c, *dict, Value::small_int(1), Value::none());
    return Value::object(dict);
  }));
  EXPECT_TRUE(refused([](Context& c) {
    List* list = c.list();
    c.append(*list, Value::object(list));
    return Value::object(list);
  }));
}

TEST(JsonEncode, StopsAtItsLimits) {
  // 2^30 elements, shared.
  LibraryForTest library;
  Value value = Value::none();
  for (int i = 0; i < 30; ++i) {
    List* list = library.context().list();
    library.context().append(*list, value);
    library.context().append(*list, value);
    value = Value::object(list);
  }
  std::string out;
  EXPECT_FALSE(encode_json(library.context(), value, out, 1000));
  EXPECT_LE(out.size(), 1000u);

  LibraryForTest unlimited_output;
  out.clear();
  EXPECT_FALSE(encode_json(unlimited_output.context(), value, out));
  EXPECT_LE(out.size(), Limits().memory_bytes);
}

TEST(JsonModule, Indents) {
  LibraryForTest library;
  const auto call = [&library](std::string_view name, std::string_view positional,
                               std::string_view named = "{}") {
    for (const Builtin& native : lib::kJsonModule.functions) {
      if (native.name == "json." + std::string(name))
        return library.repr(library.call_native(native, Value::none(), positional, named));
    }
    return std::string("no such function");
  };
  EXPECT_EQ(call("encode_indent", R"([{"a": [1, []], "b": {}}])", R"({"indent": "  "})"),
            R"("{\n  \"a\": [\n    1,\n    []\n  ],\n  \"b\": {}\n}")");
  EXPECT_EQ(call("indent", R"(["{\"a\":[1.50,\"}\\\"\"], \"b\" : { } }"])",
                 R"({"prefix": ">", "indent": "."})"),
            R"("{\n>.\"a\": [\n>..1.50,\n>..\"}\\\"\"\n>.],\n>.\"b\": {}\n>}")");
  EXPECT_EQ(call("decode", R"(["[1"])", R"({"default": 7})"), "7");
  EXPECT_EQ(call("decode", R"(["[1]", null])"), "[1]");
  EXPECT_EQ(call("decode", R"(["[1"])"), "error");
}

}  // namespace
}  // namespace larkspur::starlark
