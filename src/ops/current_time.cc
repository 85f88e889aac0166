#include "ops/current_time.h"

#include "base/clock.h"
#include "json/writer.h"

namespace larkspur::ops {

namespace {

class CurrentTime : public BuiltinTool {
 public:
  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "get_current_time",
        .title = "Current time",
        .description = "The current time in UTC, as ISO 8601 and as Unix seconds.",
        .parameters = {},
        .output = {{"current_time_iso", R"({"type":"string"})"},
                   {"current_time_unix", R"({"type":"integer"})"},
                   {"timezone", R"({"type":"string"})"}},
        .annotations = {.idempotent = false, .open_world = false}};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext&, const Arguments&) override {
    const EpochMs seconds = wall_clock_ms() / 1000;
    const std::string iso = to_iso8601(seconds * 1000);
    json::Writer writer;
    writer.begin_object();
    writer.key("current_time_iso").string(iso.substr(0, iso.find('.')) + "Z");
    writer.key("current_time_unix").integer(seconds);
    writer.key("timezone").string("UTC").end_object();
    co_return ToolOutput{.structured = writer.take()};
  }
};

}  // namespace

std::unique_ptr<BuiltinTool> make_current_time_tool() {
  return std::make_unique<CurrentTime>();
}

}  // namespace larkspur::ops
