// What the Alibaba Cloud tools share: parameters, how failures are told, how JSON is passed on.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "json/value.h"
#include "json/writer.h"
#include "ops/alibaba/cloud.h"
#include "ops/builtin_tool.h"

namespace larkspur::ops::alibaba {

// The settings of the tools themselves; the Cloud has its own.
struct ToolOptions {
  // Diagnoses and inspections make a report in the cluster, and nothing else.
  bool allow_diagnostics = true;
  std::chrono::milliseconds diagnosis_timeout{300'000}, diagnosis_poll_interval{10'000};
  std::chrono::milliseconds inspection_timeout{300'000}, inspection_poll_interval{5'000};
};

Parameter cluster_id_parameter();
Parameter nodepool_id_parameter();
Parameter page_number_parameter();
Parameter page_size_parameter(std::int64_t max);

// Hidden otherwise by what stands below.
using ops::failed;

using Facts = std::vector<std::pair<std::string, execlog::MetadataValue>>;

// What the cloud said as the failure of a tool, with everything that helps in the record.
std::unexpected<ToolFailure> failed(const CloudError& error, FailureStage stage, Facts facts = {});

// The failure of a tool that makes reports where that is not allowed.
std::unexpected<ToolFailure> diagnostics_denied(const std::string& cluster_id);

// Where a failure that happened while credentials were fetched belongs; else `otherwise`.
FailureStage stage_of(const CloudError& error, FailureStage otherwise);

// The first of the members that exists and is not null; absent otherwise.
json::Value first_of(json::Value object, std::initializer_list<std::string_view> names);

// `"name": value`, as it came; null where it is absent. 0, false and "" stay what they are.
void copy(json::Writer& out, std::string_view name, json::Value value);
// The same for a list: [] where it is absent or no list.
void copy_list(json::Writer& out, std::string_view name, json::Value value);

// A page of `total` things: those with first <= index < last.
struct Page {
  std::size_t first = 0, last = 0;
};
Page page_of(std::size_t total, std::int64_t page_number, std::int64_t page_size);

// A request that reads something of one cluster: GET /clusters/{ClusterId}<below>.
OpenApiAsk cluster_ask(std::string action, std::string_view cluster_id,
                       std::string_view below = {});

}  // namespace larkspur::ops::alibaba
