// More than 200 shapes of secrets (testdata/canaries.json), through every door of a record: none is
// left in what the log keeps.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "execlog/form/export.h"
#include "execlog/form/json_form.h"
#include "execlog/form/markdown.h"
#include "execlog/form/render.h"
#include "execlog/log.h"
#include "execlog/redaction/json_redaction.h"
#include "execlog/store/memory_store.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::execlog {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> canaries() {
  std::ifstream file("src/execlog/testdata/canaries.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto document = json::Document::parse(text.str()).value();
  std::vector<std::string> texts;
  for (const json::Value each : document.root()["texts"].elements())
    texts.emplace_back(each.string());
  return texts;
}

bool is_clean(std::string_view text) {
  // In base64, "CANARY" is one of these, by where it begins.
  for (const std::string_view trace : {"CANARY", "Q0FOQVJZ", "DQU5BUl", "NBTkFSW"}) {
    if (text.contains(trace)) return false;
  }
  return true;
}

TEST(Canaries, AreMoreThanTwoHundred) {
  EXPECT_GE(canaries().size(), 200U);
}

TEST(Canaries, NoneIsLeftInAText) {
  for (const std::string& text : canaries()) {
    std::string once = text;
    redact_json(once);
    EXPECT_TRUE(is_clean(once)) << text << "\n" << once;
    std::string twice = once;
    EXPECT_EQ(redact_json(twice), 0U) << twice;
    EXPECT_EQ(twice, once) << text;
  }
}

TEST(Canaries, NoneIsLeftInWhatTheLogKeeps) {
  for (const std::string& canary : canaries()) {
    const auto written = std::make_shared<MemoryStore::Written>();
    {
      Log log(std::make_unique<MemoryStore>(written), {.gather = 0ms});
      Recording recording = log.open({.tool_name = canary,
                                      .scope = canary,
                                      .request = {.session_id = canary, .client_name = canary},
                                      .principal = {.id = canary, .delegation = {canary}}});
      json::Writer result;
      result.begin_object().key("content").begin_array().begin_object();
      result.key("type").string("text").key("text").string(canary);
      result.end_object().end_array().key("structuredContent").begin_object();
      result.key("logs").begin_array().string(canary).end_array().end_object().end_object();
      recording.keep(ContentOf::kArguments, canary);
      recording.keep(ContentOf::kResult, result.text());
      recording.message(canary);
      recording.warning(canary);
      recording.caused_by(canary);
      recording.metadata("hint", canary);
      recording.api_call({.api = canary,
                          .details = HttpCall{.method = "GET", .endpoint = canary},
                          .request_id = canary,
                          .retry_reasons = {canary},
                          .error = canary});
      recording.fail({.error = canary, .error_type = canary, .error_code = canary});
    }
    ASSERT_EQ(written->records().size(), 1U);
    const Record record = written->records().front();
    const Tree tree{.record = record, .children = {}, .cut = false};
    for (const std::string& text :
         {to_json(record, View::kAudit), to_csv(record), to_otlp(record), render_tree(tree),
          render_markdown(tree), render_line(record)}) {
      EXPECT_TRUE(is_clean(text)) << canary << "\n" << text;
    }
    ASSERT_EQ(written->blobs().size(), 2U);
    for (const Blob& blob : written->blobs()) EXPECT_TRUE(is_clean(blob.bytes)) << blob.bytes;
  }
}

}  // namespace
}  // namespace larkspur::execlog
