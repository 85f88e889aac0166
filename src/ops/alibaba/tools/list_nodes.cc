// list_cluster_nodes: a cluster's nodes, by pool, state, instance or name.
#include <algorithm>

#include "ops/alibaba/tools/tools.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::int64_t kLargestPage = 100;
// Names are looked for on at most so many pages.
constexpr std::int64_t kMaxPages = 50;

constexpr std::string_view kNodeSchema =
    R"({"type":"array","items":{"type":"object","properties":{)"
    R"("instance_id":{"type":["string","null"]},"node_name":{"type":["string","null"]},)"
    R"("node_status":{"type":["string","null"]},"state":{"type":["string","null"]},)"
    R"("ip_address":{"type":["array","null"]},"nodepool_id":{"type":["string","null"]},)"
    R"("instance_type":{"type":["string","null"]},"created":{"type":["string","null"]},)"
    R"("host_name":{"type":["string","null"]}}}})";

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& each : texts) out += (out.empty() ? "" : ",") + each;
  return out;
}

void write_node(json::Writer& out, json::Value node) {
  out.begin_object();
  copy(out, "instance_id", node["instance_id"]);
  copy(out, "node_name", node["node_name"]);
  copy(out, "node_status", node["node_status"]);
  copy(out, "state", node["state"]);
  copy(out, "ip_address", node["ip_address"]);
  copy(out, "nodepool_id", node["nodepool_id"]);
  copy(out, "instance_type", node["instance_type"]);
  copy(out, "created", first_of(node, {"creation_time", "created"}));
  copy(out, "host_name", node["host_name"]);
  out.end_object();
}

class ListNodes : public BuiltinTool {
 public:
  explicit ListNodes(std::shared_ptr<Cloud> cloud) : cloud_(std::move(cloud)) {}

  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "list_cluster_nodes",
        .title = "List nodes",
        .description =
            "The nodes of an ACK cluster: instance, name, status, addresses, type. Filter "
            "by node pool, state, instance ids or node names.",
        .parameters = {cluster_id_parameter(),
                       nodepool_id_parameter(),
                       {.name = "instance_ids",
                        .type = ParameterType::kStrings,
                        .description = "Only these ECS instances. Not together with node_names."},
                       {.name = "node_names",
                        .type = ParameterType::kStrings,
                        .description =
                            "Only nodes of these names. Not together with instance_ids."},
                       {.name = "state",
                        .description = "Only nodes in this state.",
                        .choices = {"all", "running", "removing", "initial", "failed"}},
                       page_number_parameter(),
                       page_size_parameter(kLargestPage)},
        .output = {{"count", R"({"type":"integer","description":"Nodes on this page."})"},
                   {"total_count", R"({"type":["integer","null"]})"},
                   {"page_number", R"({"type":"integer"})"},
                   {"page_size", R"({"type":"integer"})"},
                   {"nodes", std::string(kNodeSchema)}},
        .scope_argument = "cluster_id"};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    if (!arguments.strings("instance_ids").empty() && !arguments.strings("node_names").empty()) {
      co_return failed("InvalidArgument", FailureStage::kValidateInput,
                       "give instance_ids or node_names, not both");
    }
    const std::string cluster_id(arguments.text("cluster_id"));
    const auto region = co_await cloud_->region_of(context, cluster_id);
    if (!region) {
      co_return failed(region.error(), FailureStage::kGetClusterRegion,
                       {{"cluster_id", cluster_id}});
    }
    if (!arguments.strings("node_names").empty()) {
      co_return co_await by_name(context, arguments, *region);
    }
    const std::int64_t number = arguments.integer("page_number");
    const auto reply = co_await cloud_->call(
        context, ask(arguments, *region, number, arguments.integer("page_size")));
    if (!reply) co_return failed_query(reply.error(), cluster_id, *region);
    const json::Value root = reply->body.root();
    json::Writer nodes;
    nodes.begin_array();
    for (const json::Value node : root["nodes"].elements()) write_node(nodes, node);
    co_return render(nodes.end_array().take(), root["nodes"].size(),
                     root["page"]["total_count"].integer(), arguments);
  }

 private:
  static std::unexpected<ToolFailure> failed_query(const CloudError& error,
                                                   const std::string& cluster_id,
                                                   const std::string& region) {
    return failed(error, FailureStage::kApiCall,
                  {{"cluster_id", cluster_id}, {"region_id", region}});
  }

  static OpenApiAsk ask(const Arguments& arguments, const std::string& region, std::int64_t number,
                        std::int64_t size) {
    OpenApiAsk made = cluster_ask("DescribeClusterNodes", arguments.text("cluster_id"), "/nodes");
    made.region = region;
    made.query = {{"pageNumber", std::to_string(number)}, {"pageSize", std::to_string(size)}};
    if (arguments.has("nodepool_id")) {
      made.query.emplace_back("nodepool_id", arguments.text("nodepool_id"));
    }
    if (arguments.has("state")) made.query.emplace_back("state", arguments.text("state"));
    if (const auto& ids = arguments.strings("instance_ids"); !ids.empty()) {
      made.query.emplace_back("instanceIds", joined(ids));
    }
    return made;
  }

  // The service cannot look for names, so every page is read until all of them are found.
  Async<ToolReply> by_name(call::CallContext& context, const Arguments& arguments,
                           std::string region) {
    const std::vector<std::string>& names = arguments.strings("node_names");
    std::vector<std::string> found;
    std::string lacks;
    for (std::int64_t number = 1;; ++number) {
      if (number > kMaxPages) {
        lacks = "only the first 5000 nodes were searched; narrow it by nodepool_id";
        break;
      }
      const auto reply =
          co_await cloud_->call(context, ask(arguments, region, number, kLargestPage));
      if (!reply) {
        co_return failed_query(reply.error(), std::string(arguments.text("cluster_id")), region);
      }
      const json::Value nodes = reply->body.root()["nodes"];
      for (const json::Value node : nodes.elements()) {
        if (std::ranges::find(names, node["node_name"].string()) == names.end()) continue;
        json::Writer one;
        write_node(one, node);
        found.push_back(one.take());
      }
      const auto total = reply->body.root()["page"]["total_count"].integer();
      const bool was_last = static_cast<std::int64_t>(nodes.size()) < kLargestPage ||
                            (total && number * kLargestPage >= *total);
      if (was_last || found.size() >= names.size()) break;
    }
    const Page page =
        page_of(found.size(), arguments.integer("page_number"), arguments.integer("page_size"));
    json::Writer nodes;
    nodes.begin_array();
    for (std::size_t i = page.first; i < page.last; ++i) nodes.raw(found[i]);
    ToolOutput output = render(nodes.end_array().take(), page.last - page.first,
                               static_cast<std::int64_t>(found.size()), arguments);
    output.lacks = lacks;
    co_return output;
  }

  static ToolOutput render(const std::string& nodes, std::size_t count,
                           std::optional<std::int64_t> total, const Arguments& arguments) {
    json::Writer out;
    out.begin_object().key("count").integer(static_cast<std::int64_t>(count));
    out.key("total_count");
    total ? out.integer(*total) : out.null();
    out.key("page_number").integer(arguments.integer("page_number"));
    out.key("page_size").integer(arguments.integer("page_size"));
    out.key("nodes").raw(nodes).end_object();
    return {.structured = out.take()};
  }

  std::shared_ptr<Cloud> cloud_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_list_cluster_nodes(std::shared_ptr<Cloud> cloud) {
  return std::make_unique<ListNodes>(std::move(cloud));
}

}  // namespace larkspur::ops::alibaba
