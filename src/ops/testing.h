// For the tests of this room: one call of a built-in tool along the real path (record, leaf), with
// the real way out, and what became of it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "execlog/log.h"
#include "execlog/store/memory_store.h"
#include "gateway/path/outside_world.h"
#include "gateway/path/recorded_tools.h"
#include "json/value.h"
#include "net/testing.h"
#include "ops/builtin_tool.h"

namespace larkspur::ops {

struct Outcome {
  bool is_error = false;
  std::string text;         // the first text item
  json::Document document;  // the structuredContent
  execlog::Record record;

  json::Value data() const { return document.root(); }
  std::string error_code() const { return std::string(data()["error"]["error_code"].string()); }
};

// Takes what a tool says on its way.
class Heard : public call::MessageSink {
 public:
  void notify(std::string_view method, std::string_view params) override {
    messages.emplace_back(std::string(method) + " " + std::string(params));
  }
  std::vector<std::string> messages;
};

// Hands out the way out where route would.
class Doorway : public call::ToolSource {
 public:
  Doorway(call::ToolSource& next, call::Outside& outside) : next_(next), outside_(outside) {}
  call::ToolList list(const call::Caller& caller, call::Audience audience) override {
    return next_.list(caller, audience);
  }
  Async<call::CallReply> call(call::CallContext& context, std::string_view tool,
                              std::string_view arguments) override {
    context.outside = &outside_;
    return next_.call(context, tool, arguments);
  }

 private:
  call::ToolSource& next_;
  call::Outside& outside_;
};

class Trial {
 public:
  explicit Trial(std::unique_ptr<BuiltinTool> tool) : leaf_(std::move(tool)) {
    for (std::size_t i = 0; i < loops_.get().size(); ++i) {
      http_.push_back(std::make_unique<net::HttpClient>(loops_.get().executor(i)));
    }
  }

  Outcome call(std::string arguments,
               std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
    Doorway door(leaf_, outside_);
    gateway::RecordedTools recorded(door, log_);
    call::CallContext context(caller);
    context.tool = leaf_.facts();
    context.messages = &heard;
    context.deadline = SteadyClock::now() + timeout;
    const std::string name = context.tool->name;
    const call::CallReply reply = loops_.run(recorded.call(context, name, arguments));
    Outcome outcome;
    EXPECT_TRUE(reply) << reply.error().message;
    outcome.is_error = reply->is_error;
    auto result = json::Document::parse(reply->json);
    EXPECT_TRUE(result) << reply->json;
    outcome.text = (*result->root()["content"].elements().begin())["text"].string();
    outcome.document =
        *json::Document::parse(std::string(result->root()["structuredContent"].raw()));
    EXPECT_TRUE(log_.flush(std::chrono::seconds(10)));
    outcome.record = written_->records().back();
    return outcome;
  }

  const call::Tool& facts() const { return *leaf_.facts(); }

  call::Caller caller;
  Heard heard;

 private:
  std::shared_ptr<execlog::MemoryStore::Written> written_ =
      std::make_shared<execlog::MemoryStore::Written>();
  execlog::Log log_{std::make_unique<execlog::MemoryStore>(written_), {}};
  BuiltinLeaf leaf_;
  net::BackgroundLoops loops_{1};
  std::vector<std::unique_ptr<net::HttpClient>> http_;
  gateway::OutsideWorld outside_{http_};
};

}  // namespace larkspur::ops
