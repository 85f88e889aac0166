#include "gateway/clients/legacy_output.h"

#include <gtest/gtest.h>

namespace larkspur::gateway {
namespace {

TEST(LegacyOutput, WhatIsNoObjectBecomesAMemberOfOne) {
  const std::string tool =
      R"({"name":"a","outputSchema":{"$schema":"s","type":"array","items":{"$ref":"#/$defs/n"},"$defs":{"n":{"type":"number","maximum":1.0}}},"x":1.0})";
  ASSERT_TRUE(has_foreign_output(tool));
  EXPECT_EQ(
      with_object_schema(tool),
      R"({"name":"a","outputSchema":{"$schema":"s","type":"object","properties":{"result":{"type":"array","items":{"$ref":"#/properties/result/$defs/n"},"$defs":{"n":{"type":"number","maximum":1.0}}}},"required":["result"]},"x":1.0})");
  EXPECT_EQ(with_object_output(
                R"({"content":[{"type":"text","text":"t"}],"structuredContent":[1.0]})", true),
            R"({"content":[{"type":"text","text":"t"}],"structuredContent":{"result":[1.0]}})");
}

TEST(LegacyOutput, ReferencesOfAnEmbeddedDocumentAreItsOwn) {
  const std::string tool =
      R"({"name":"a","outputSchema":{"anyOf":[{"$ref":"#"},{"$id":"urn:x","$ref":"#/a"},{"$ref":"other#/a"}]}})";
  EXPECT_EQ(
      with_object_schema(tool),
      R"({"name":"a","outputSchema":{"type":"object","properties":{"result":{"anyOf":[{"$ref":"#/properties/result"},{"$id":"urn:x","$ref":"#/a"},{"$ref":"other#/a"}]}},"required":["result"]}})");
}

TEST(LegacyOutput, ObjectsStayAsTheyAre) {
  EXPECT_FALSE(has_foreign_output(R"({"name":"a","outputSchema":{"type":"object"}})"));
  EXPECT_FALSE(has_foreign_output(R"({"name":"a"})"));
  const std::string result = R"({"content":[], "structuredContent":{"n":1.0}})";
  EXPECT_EQ(with_object_output(result, false), result);
  // Of a tool whose schema was changed, an object is wrapped, too: the schema speaks of "result".
  EXPECT_EQ(with_object_output(R"({"content":[1],"structuredContent":{"n":1.0}})", true),
            R"({"content":[1],"structuredContent":{"result":{"n":1.0}}})");
}

TEST(LegacyOutput, WhatOnlyTheStructureSaysIsSaidInTextToo) {
  EXPECT_EQ(with_object_output(R"({"content":[ ],"structuredContent":null})", false),
            R"({"content":[{"type":"text","text":"null"}],"structuredContent":{"result":null}})");
}

}  // namespace
}  // namespace larkspur::gateway
