#include "ops/kubernetes/kubeconfig.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "base/random.h"
#include "base/text.h"

namespace larkspur::ops {

namespace {

call::ApiCall entry(std::string_view source, std::string_view mode, std::string_view cluster_id) {
  call::ApiCall call{
      .api = "GetKubeconfig",
      .details = call::KubeconfigCall{.source = std::string(source), .mode = std::string(mode)}};
  call.cluster_id = cluster_id;
  return call;
}

std::string not_used(std::string_view cluster_id, std::string_view mode, std::string_view host) {
  return fmt::format("cluster_id '{}' was not used: kubeconfigMode {} always reaches {}",
                     cluster_id, mode,
                     host.empty() ? "the cluster of its own configuration" : host);
}

class Local : public KubeconfigSource {
 public:
  Local(std::string path, std::string context)
      : path_(std::move(path)), context_(std::move(context)) {}

  Async<std::expected<Kubeconfig, ToolFailure>> acquire(call::CallContext& context,
                                                        std::string cluster_id) override {
    call::ExternalCall call(context, entry("local_file", "LOCAL", cluster_id));
    std::ifstream file(path_);
    if (!file) {
      Error error{
          ErrorCode::kNotFound,
          fmt::format(
              "there is no kubeconfig at '{}' that can be read; set tools.kubectl.kubeconfig",
              path_)};
      call.fail(error);
      co_return failed(error, FailureStage::kKubeconfigAcquisition);
    }
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const std::string host = server_host(text);
    call.details<call::KubeconfigCall>().server_host = host;
    Kubeconfig found{.path = path_,
                     .context = context_,
                     .own_home = false,
                     .scrubber = kubeconfig_scrubber(text)};
    if (!cluster_id.empty()) found.warnings.push_back(not_used(cluster_id, "LOCAL", host));
    co_return found;
  }

 private:
  std::string path_, context_;
};

class Pod : public KubeconfigSource {
 public:
  Pod(std::shared_ptr<PrivateDirectory> directory, InCluster cluster)
      : directory_(std::move(directory)), cluster_(std::move(cluster)) {}

  Async<std::expected<Kubeconfig, ToolFailure>> acquire(call::CallContext& context,
                                                        std::string cluster_id) override {
    call::ExternalCall call(context, entry("incluster", "INCLUSTER", cluster_id));
    call.details<call::KubeconfigCall>().server_host = cluster_.host;
    auto file =
        cluster_.host.empty()
            ? Result<std::shared_ptr<PrivateFile>>(fail(ErrorCode::kUnavailable,
                                                        "kubeconfigMode INCLUSTER works in a pod "
                                                        "only: KUBERNETES_SERVICE_HOST is not set"))
            : PrivateFile::write(directory_, text());
    if (!file) {
      call.fail(file.error());
      co_return failed(file.error(), FailureStage::kKubeconfigAcquisition);
    }
    Kubeconfig found{.path = (*file)->path(), .kept = *file};
    std::ifstream token(cluster_.directory + "/token");
    found.scrubber.add(trim(std::string(std::istreambuf_iterator<char>(token), {})));
    if (!cluster_id.empty())
      found.warnings.push_back(not_used(cluster_id, "INCLUSTER", cluster_.host));
    co_return found;
  }

 private:
  std::string text() const {
    const std::string host =
        cluster_.host.contains(':') ? "[" + cluster_.host + "]" : cluster_.host;
    return fmt::format(
        R"({{"apiVersion":"v1","kind":"Config","current-context":"pod",)"
        R"("clusters":[{{"name":"pod","cluster":{{"server":"https://{}:{}","certificate-authority":"{}/ca.crt"}}}}],)"
        R"("users":[{{"name":"pod","user":{{"tokenFile":"{}/token"}}}}],)"
        R"("contexts":[{{"name":"pod","context":{{"cluster":"pod","user":"pod"}}}}]}})"
        "\n",
        host, cluster_.port, cluster_.directory, cluster_.directory);
  }

  std::shared_ptr<PrivateDirectory> directory_;
  InCluster cluster_;
};

// Kubeconfigs that were issued, by whom they were issued to. Any thread; the lock covers the map
// only.
class IssuedFiles {
 public:
  using Key = std::tuple<std::string, std::string, bool,
                         std::string>;  // principal, cluster, private, credential
  struct Entry {
    std::shared_ptr<PrivateFile> file;
    std::string host;
    EpochMs expires_at = 0;
    Scrubber scrubber;
  };

  std::optional<Entry> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const EpochMs now = wall_clock_ms();
    std::erase_if(entries_, [&](const auto& each) { return each.second.expires_at <= now; });
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.expires_at - kRefreshBefore <= now)
      return std::nullopt;
    return found->second;
  }

  void keep(Key key, Entry entry) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kMaxEntries) {
      entries_.erase(std::ranges::min_element(
          entries_, {}, [](const auto& each) { return each.second.expires_at; }));
    }
    entries_.insert_or_assign(std::move(key), std::move(entry));
  }

 private:
  static constexpr EpochMs kRefreshBefore = 5 * 60 * 1000;
  static constexpr std::size_t kMaxEntries = 256;
  std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

class Issued : public KubeconfigSource {
 public:
  Issued(std::shared_ptr<PrivateDirectory> directory, std::shared_ptr<KubeconfigIssuer> issuer,
         bool private_network)
      : directory_(std::move(directory)), issuer_(std::move(issuer)), private_(private_network) {}

  Async<std::expected<Kubeconfig, ToolFailure>> acquire(call::CallContext& context,
                                                        std::string cluster_id) override {
    auto credential = co_await issuer_->credential_id(context);
    if (!credential) co_return std::unexpected(std::move(credential.error()));
    const IssuedFiles::Key key{context.caller.principal, cluster_id, private_, *credential};
    if (const auto found = files_.find(key)) {
      call::ExternalCall call(context, entry("cache", mode(), cluster_id));
      describe(call, *found);
      co_return Kubeconfig{
          .path = found->file->path(), .kept = found->file, .scrubber = found->scrubber};
    }
    auto issued = co_await issuer_->issue(context, cluster_id, private_);
    if (!issued) co_return std::unexpected(std::move(issued.error()));

    call::ExternalCall call(context, entry("ack_api", mode(), cluster_id));
    auto written = write(*issued);
    if (!written) {
      call.fail(written.error());
      co_return failed(written.error(), FailureStage::kKubeconfigAcquisition);
    }
    describe(call, *written);
    files_.keep(key, *written);
    co_return Kubeconfig{
        .path = written->file->path(), .kept = written->file, .scrubber = written->scrubber};
  }

 private:
  std::string_view mode() const { return private_ ? "ACK_PRIVATE" : "ACK_PUBLIC"; }

  static void describe(call::ExternalCall& call, const IssuedFiles::Entry& entry) {
    auto& details = call.details<call::KubeconfigCall>();
    details.server_host = entry.host;
    details.expires_at = to_iso8601(entry.expires_at);
    details.ttl_minutes = std::max<EpochMs>(0, entry.expires_at - wall_clock_ms()) / 60'000;
  }

  Result<IssuedFiles::Entry> write(const IssuedKubeconfig& issued) const {
    // A kubeconfig may name a program that kubectl runs for its credentials. One that came over the
    // network never does.
    static const RE2 kRunsSomething(
        R"((?m)^[\s"'-]*(exec|auth-provider)["']?\s*:|["'](exec|auth-provider)["']\s*:)");
    const std::string_view yaml = issued.yaml.reveal();
    if (RE2::PartialMatch(yaml, kRunsSomething)) {
      return fail(ErrorCode::kProtocol,
                  "the kubeconfig that was issued wants to run a program; it is not used");
    }
    auto file = PrivateFile::write(directory_, yaml);
    if (!file) return fail(std::move(file.error()));
    return IssuedFiles::Entry{std::move(*file), server_host(yaml), issued.expires_at,
                              kubeconfig_scrubber(yaml)};
  }

  std::shared_ptr<PrivateDirectory> directory_;
  std::shared_ptr<KubeconfigIssuer> issuer_;
  bool private_;
  IssuedFiles files_;
};

}  // namespace

std::unique_ptr<KubeconfigSource> local_kubeconfig(std::string path, std::string context) {
  return std::make_unique<Local>(std::move(path), std::move(context));
}

std::unique_ptr<KubeconfigSource> in_cluster_kubeconfig(std::shared_ptr<PrivateDirectory> directory,
                                                        InCluster cluster) {
  return std::make_unique<Pod>(std::move(directory), std::move(cluster));
}

std::unique_ptr<KubeconfigSource> issued_kubeconfig(std::shared_ptr<PrivateDirectory> directory,
                                                    std::shared_ptr<KubeconfigIssuer> issuer,
                                                    bool private_network) {
  return std::make_unique<Issued>(std::move(directory), std::move(issuer), private_network);
}

Scrubber kubeconfig_scrubber(std::string_view yaml) {
  static const RE2 kSecret(
      R"((?:client-key-data|token|password|id-token|refresh-token|client-secret)["']?\s*:\s*["']?([^\s"',}]+))");
  Scrubber scrubber;
  std::string value;
  re2::StringPiece rest(yaml.data(), yaml.size());
  while (RE2::FindAndConsume(&rest, kSecret, &value)) scrubber.add(value);
  return scrubber;
}

std::string server_host(std::string_view yaml) {
  static const RE2 kServer(R"((?m)server["']?\s*:\s*["']?https?://([^\s/"',}]+))");
  std::set<std::string> hosts;
  std::string host;
  re2::StringPiece rest(yaml.data(), yaml.size());
  while (RE2::FindAndConsume(&rest, kServer, &host)) hosts.insert(host);
  return hosts.size() == 1 ? *hosts.begin() : "";
}

}  // namespace larkspur::ops
