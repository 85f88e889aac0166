// For the tests of this folder: the vectors that Alibaba Cloud's own SDKs and documentation publish
// (kind "official"), and further ones computed by an independent implementation that reproduced
// all of those ("derived").
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "json/value.h"
#include "ops/alibaba/sign/canonical.h"

namespace larkspur::ops::alibaba {

inline const json::Document& vectors() {
  static const json::Document document = [] {
    std::ifstream file("src/ops/alibaba/testdata/vectors.json");
    auto parsed = json::Document::parse(
        {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
    EXPECT_TRUE(parsed) << "run the tests from the source's root: " << parsed.error().message;
    return parsed ? std::move(*parsed) : json::Document();
  }();
  return document;
}

inline Fields fields_of(json::Value value) {
  Fields fields;
  for (const auto& [name, text] : value.members()) fields.emplace_back(name, text.string());
  for (const json::Value pair : value.elements()) {
    std::string both[2];
    std::size_t at = 0;
    for (const json::Value each : pair.elements()) both[at++ & 1] = each.string();
    fields.emplace_back(both[0], both[1]);
  }
  return fields;
}

}  // namespace larkspur::ops::alibaba
