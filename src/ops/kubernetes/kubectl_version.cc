#include "ops/kubernetes/kubectl_version.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace larkspur::ops {

namespace {

constexpr int kMinorWithEvents = 26;

}  // namespace

std::vector<std::string> version_command(std::string program) {
  return {std::move(program), "version", "--client", "--output=json"};
}

std::optional<KubectlVersion> read_kubectl_version(std::string_view said) {
  static const RE2 kVersion(R"re("gitVersion"\s*:\s*"(v1\.(\d{1,4})\.[0-9A-Za-z.+-]{1,64})")re");
  KubectlVersion version;
  if (!RE2::PartialMatch(said, kVersion, &version.text, &version.minor)) return std::nullopt;
  return version;
}

std::string too_old(const KubectlVersion& version, const Command& command) {
  if (version.minor < kOldestMinor) {
    return fmt::format("kubectl {} is installed; at least 1.{} is needed (tools.kubectl.command)",
                       version.text, kOldestMinor);
  }
  if (command.verb == "events" && version.minor < kMinorWithEvents) {
    return fmt::format("kubectl {} has no 'events', which came with 1.{}; use: get events",
                       version.text, kMinorWithEvents);
  }
  return {};
}

}  // namespace larkspur::ops
