// list_cluster_nodepools: a cluster's node pools, or one of them.
#include "ops/alibaba/tools/tools.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::string_view kNodepoolSchema =
    R"({"type":"array","items":{"type":"object","properties":{)"
    R"("nodepool_id":{"type":["string","null"]},"name":{"type":["string","null"]},)"
    R"("type":{"type":["string","null"]},"is_default":{"type":["boolean","null"]},)"
    R"("state":{"type":["string","null"]},"total_nodes":{"type":["integer","null"]},)"
    R"("healthy_nodes":{"type":["integer","null"]},"created":{"type":["string","null"]},)"
    R"("updated":{"type":["string","null"]},"region_id":{"type":["string","null"]}}}})";

void write_nodepool(json::Writer& out, json::Value pool) {
  const json::Value info = pool["nodepool_info"], status = pool["status"];
  out.begin_object();
  copy(out, "nodepool_id", info["nodepool_id"]);
  copy(out, "name", info["name"]);
  copy(out, "type", info["type"]);
  copy(out, "is_default", info["is_default"]);
  copy(out, "state", status["state"]);
  copy(out, "total_nodes", status["total_nodes"]);
  copy(out, "healthy_nodes", status["healthy_nodes"]);
  copy(out, "created", info["created"]);
  copy(out, "updated", info["updated"]);
  copy(out, "region_id", info["region_id"]);
  out.end_object();
}

class ListNodepools : public BuiltinTool {
 public:
  explicit ListNodepools(std::shared_ptr<Cloud> cloud) : cloud_(std::move(cloud)) {}

  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "list_cluster_nodepools",
        .title = "List node pools",
        .description = "The node pools of an ACK cluster: state, node counts, type.",
        .parameters = {cluster_id_parameter(), nodepool_id_parameter(), page_number_parameter(),
                       page_size_parameter(100)},
        .output = {{"count", R"({"type":"integer","description":"Node pools on this page."})"},
                   {"total_count", R"({"type":"integer"})"},
                   {"page_number", R"({"type":"integer"})"},
                   {"page_size", R"({"type":"integer"})"},
                   {"nodepools", std::string(kNodepoolSchema)}},
        .scope_argument = "cluster_id"};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    const std::string cluster_id(arguments.text("cluster_id"));
    const std::string nodepool_id(arguments.text("nodepool_id"));
    const auto region = co_await cloud_->region_of(context, cluster_id);
    if (!region) {
      co_return failed(region.error(), FailureStage::kGetClusterRegion,
                       {{"cluster_id", cluster_id}});
    }
    OpenApiAsk ask = cluster_ask("DescribeClusterNodePools", cluster_id, "/nodepools");
    if (!nodepool_id.empty()) {
      ask.action = "DescribeClusterNodePoolDetail";
      ask.path += "/" + nodepool_id;
      ask.path_template += "/{NodepoolId}";
    }
    ask.region = *region;
    const auto reply = co_await cloud_->call(context, std::move(ask));
    if (!reply) {
      co_return failed(reply.error(), FailureStage::kApiCall,
                       {{"cluster_id", cluster_id}, {"region_id", *region}});
    }
    co_return render(reply->body.root(), !nodepool_id.empty(), arguments);
  }

 private:
  static ToolOutput render(json::Value root, bool just_one, const Arguments& arguments) {
    std::vector<json::Value> pools;
    if (just_one) {
      pools.push_back(root);
    } else {
      for (const json::Value pool : root["nodepools"].elements()) pools.push_back(pool);
    }
    const Page page =
        page_of(pools.size(), arguments.integer("page_number"), arguments.integer("page_size"));
    json::Writer out;
    out.begin_object();
    out.key("count").integer(static_cast<std::int64_t>(page.last - page.first));
    out.key("total_count").integer(static_cast<std::int64_t>(pools.size()));
    out.key("page_number").integer(arguments.integer("page_number"));
    out.key("page_size").integer(arguments.integer("page_size"));
    out.key("nodepools").begin_array();
    for (std::size_t i = page.first; i < page.last; ++i) write_nodepool(out, pools[i]);
    out.end_array().end_object();
    return {.structured = out.take()};
  }

  std::shared_ptr<Cloud> cloud_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_list_cluster_nodepools(std::shared_ptr<Cloud> cloud) {
  return std::make_unique<ListNodepools>(std::move(cloud));
}

}  // namespace larkspur::ops::alibaba
