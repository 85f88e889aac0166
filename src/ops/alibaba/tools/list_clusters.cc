// list_clusters: the account's clusters, page by page.
#include "ops/alibaba/tools/tools.h"

namespace larkspur::ops::alibaba {

namespace {

constexpr std::string_view kClusterSchema =
    R"({"type":"array","items":{"type":"object","properties":{)"
    R"("cluster_name":{"type":["string","null"]},"cluster_id":{"type":["string","null"]},)"
    R"("state":{"type":["string","null"]},"region_id":{"type":["string","null"]},)"
    R"("cluster_type":{"type":["string","null"]},"current_version":{"type":["string","null"]},)"
    R"("vpc_id":{"type":["string","null"]},"vswitch_ids":{"type":"array"},)"
    R"("resource_group_id":{"type":["string","null"]},"security_group_id":{"type":["string","null"]},)"
    R"("proxy_mode":{"type":["string","null"]},"tags":{"type":"array"},)"
    R"("container_cidr":{"type":["string","null"]},"service_cidr":{"type":["string","null"]},)"
    R"("api_server_endpoints":{"type":"object","properties":{)"
    R"("api_server_endpoint":{"type":["string","null"]},)"
    R"("intranet_api_server_endpoint":{"type":["string","null"]}}}}}})";

// The member master_url is JSON in a string.
void write_endpoints(json::Writer& out, json::Value master_url) {
  const auto document = json::Document::parse(std::string(master_url.string()));
  const json::Value root = document ? document->root() : json::Value();
  out.key("api_server_endpoints").begin_object();
  copy(out, "api_server_endpoint", root["api_server_endpoint"]);
  copy(out, "intranet_api_server_endpoint", root["intranet_api_server_endpoint"]);
  out.end_object();
}

void write_cluster(json::Writer& out, json::Value cluster) {
  out.begin_object();
  copy(out, "cluster_name", cluster["name"]);
  copy(out, "cluster_id", cluster["cluster_id"]);
  copy(out, "state", cluster["state"]);
  copy(out, "region_id", cluster["region_id"]);
  copy(out, "cluster_type", cluster["cluster_type"]);
  copy(out, "current_version", cluster["current_version"]);
  copy(out, "vpc_id", cluster["vpc_id"]);
  if (cluster["vswitch_ids"].is_array()) {
    copy_list(out, "vswitch_ids", cluster["vswitch_ids"]);
  } else {  // older answers have one, in a string
    out.key("vswitch_ids").begin_array();
    if (const json::Value one = cluster["vswitch_id"]; !one.string().empty()) out.raw(one.raw());
    out.end_array();
  }
  copy(out, "resource_group_id", cluster["resource_group_id"]);
  copy(out, "security_group_id", cluster["security_group_id"]);
  copy(out, "proxy_mode", cluster["proxy_mode"]);
  copy_list(out, "tags", cluster["tags"]);
  copy(out, "container_cidr", first_of(cluster, {"container_cidr", "subnet_cidr"}));
  copy(out, "service_cidr", cluster["service_cidr"]);
  write_endpoints(out, cluster["master_url"]);
  out.end_object();
}

class ListClusters : public BuiltinTool {
 public:
  explicit ListClusters(std::shared_ptr<Cloud> cloud) : cloud_(std::move(cloud)) {}

  const ToolSpec& spec() const override {
    static const ToolSpec kSpec{
        .name = "list_clusters",
        .title = "List ACK clusters",
        .description =
            "The account's Container Service (ACK) clusters in all regions: id, name, "
            "state, region, version, network and API server addresses.",
        .parameters = {page_size_parameter(500), page_number_parameter()},
        .output = {{"count", R"({"type":"integer","description":"Clusters on this page."})"},
                   {"total_count", R"({"type":["integer","null"]})"},
                   {"clusters", std::string(kClusterSchema)}}};
    return kSpec;
  }

  Async<ToolReply> run(call::CallContext& context, const Arguments& arguments) override {
    OpenApiAsk ask{.action = "DescribeClustersV1",
                   .path = "/api/v1/clusters",
                   .path_template = "/api/v1/clusters"};
    ask.query = {{"page_size", std::to_string(arguments.integer("page_size"))},
                 {"page_number", std::to_string(arguments.integer("page_number"))}};
    const auto reply = co_await cloud_->call(context, std::move(ask));
    if (!reply) co_return failed(reply.error(), FailureStage::kClusterQuery);

    const json::Value root = reply->body.root();
    json::Writer out;
    out.begin_object().key("count").integer(static_cast<std::int64_t>(root["clusters"].size()));
    copy(out, "total_count", root["page_info"]["total_count"]);
    out.key("clusters").begin_array();
    for (const json::Value cluster : root["clusters"].elements()) write_cluster(out, cluster);
    out.end_array().end_object();
    co_return ToolOutput{.structured = out.take()};
  }

 private:
  std::shared_ptr<Cloud> cloud_;
};

}  // namespace

std::unique_ptr<BuiltinTool> make_list_clusters(std::shared_ptr<Cloud> cloud) {
  return std::make_unique<ListClusters>(std::move(cloud));
}

}  // namespace larkspur::ops::alibaba
