#include "gateway/catalog/content_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larkspur::gateway {
namespace {

using call::ContentKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

config::Config two_backends(config::ConflictStrategy strategy) {
  config::Config config;
  config.backends = {{.name = "docs"}, {.name = "wiki"}};
  config.aggregation.conflict_resolution = strategy;
  return config;
}

BackendOffer offer(std::string backend, std::vector<std::string> prompts,
                   std::vector<std::string> resources, std::vector<std::string> templates = {}) {
  BackendOffer all;
  all.backend = std::move(backend);
  all.prompts = std::move(prompts);
  all.resources = std::move(resources);
  all.templates = std::move(templates);
  return all;
}

std::vector<std::string> keys(const ContentCatalog& catalog, ContentKind kind) {
  std::vector<std::string> out;
  for (const auto& each : catalog.list(kind)) out.push_back(each->key);
  return out;
}

TEST(ContentCatalog, PromptsArePrefixedAndUrisAreNot) {
  std::vector<std::string> problems;
  const auto catalog = ContentCatalog::build(
      two_backends(config::ConflictStrategy::kPrefix),
      {offer("docs", {R"({"name":"ask", "x":1.0})"}, {R"({"uri":"a://1","name":"one"})"})},
      problems);
  EXPECT_THAT(keys(catalog, ContentKind::kPrompt), ElementsAre("docs_ask"));
  const ContentEntry* prompt = catalog.find(ContentKind::kPrompt, "docs_ask");
  ASSERT_NE(prompt, nullptr);
  EXPECT_EQ(prompt->own_name, "ask");
  EXPECT_EQ(prompt->content->definition, R"({"name":"docs_ask","x":1.0})");
  const ContentEntry* resource = catalog.find(ContentKind::kResource, "a://1");
  ASSERT_NE(resource, nullptr);
  EXPECT_EQ(resource->content->definition, R"({"uri":"a://1","name":"one"})");
  EXPECT_THAT(problems, IsEmpty());
}

TEST(ContentCatalog, AUriOfTwoBackendsFailsClosed) {
  std::vector<std::string> problems;
  const std::vector<BackendOffer> offers = {offer("docs", {}, {R"({"uri":"a://1"})"}),
                                            offer("wiki", {}, {R"({"uri":"a://1"})"})};
  const auto catalog =
      ContentCatalog::build(two_backends(config::ConflictStrategy::kPrefix), offers, problems);
  EXPECT_THAT(keys(catalog, ContentKind::kResource), IsEmpty());
  EXPECT_EQ(catalog.find(ContentKind::kResource, "a://1"), nullptr);
  EXPECT_THAT(problems, ElementsAre(HasSubstr("resource 'a://1' is left out: backends 'docs', "
                                              "'wiki' all publish it")));
  problems.clear();
  const auto first =
      ContentCatalog::build(two_backends(config::ConflictStrategy::kPriority), offers, problems);
  ASSERT_NE(first.find(ContentKind::kResource, "a://1"), nullptr);
  EXPECT_EQ(first.find(ContentKind::kResource, "a://1")->content->source, "docs");
}

TEST(ContentCatalog, ATemplateCoversWhatIsNotListed) {
  std::vector<std::string> problems;
  const auto catalog = ContentCatalog::build(
      two_backends(config::ConflictStrategy::kManual),
      {offer("docs", {}, {R"({"uri":"a://x/1"})"}, {R"({"uriTemplate":"a://{+all}"})"}),
       offer("wiki", {}, {}, {R"({"uriTemplate":"a://x/{id}"})", R"({"uriTemplate":"b://{y}"})"})},
      problems);
  const auto source = [&](std::string_view uri) -> std::string {
    const ContentEntry* entry = catalog.find(ContentKind::kResource, uri);
    return entry == nullptr ? "" : entry->content->source;
  };
  EXPECT_EQ(source("a://x/1"), "docs");  // listed
  EXPECT_EQ(source("a://x/2"), "wiki");  // more of it is fixed
  EXPECT_EQ(source("a://y/2"), "docs");
  EXPECT_EQ(source("c://y"), "");
}

TEST(ContentCatalog, TemplatesThatFitEquallyWellFailClosed) {
  std::vector<std::string> problems;
  const auto catalog =
      ContentCatalog::build(two_backends(config::ConflictStrategy::kManual),
                            {offer("docs", {}, {}, {R"({"uriTemplate":"a://{x}"})"}),
                             offer("wiki", {}, {}, {R"({"uriTemplate":"a://{y}"})"})},
                            problems);
  EXPECT_EQ(catalog.find(ContentKind::kResource, "a://1"), nullptr);
}

TEST(ContentCatalog, WhatHasNoKeyIsLeftOut) {
  std::vector<std::string> problems;
  const auto catalog = ContentCatalog::build(
      two_backends(config::ConflictStrategy::kManual),
      {offer("docs", {R"({"title":"?"})", R"({"name":"a"})", R"({"name":"a"})"}, {})}, problems);
  EXPECT_THAT(keys(catalog, ContentKind::kPrompt), ElementsAre("a"));
  EXPECT_THAT(problems, ElementsAre(HasSubstr("a prompt without a name"),
                                    HasSubstr("a prompt that it lists twice: 'a'")));
}

}  // namespace
}  // namespace larkspur::gateway
