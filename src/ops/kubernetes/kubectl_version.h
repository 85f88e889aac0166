// Which kubectl is installed. Whoever starts the program asks it once, beside the calls.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/kubernetes/command.h"

namespace larkspur::ops {

struct KubectlVersion {
  std::string text;  // "v1.32.4"
  int minor = 0;     // 32
};

// The oldest that is known to take our commands: Debian 12's.
inline constexpr int kOldestMinor = 20;

// What to run, and what it said; nullopt for what is no kubectl.
std::vector<std::string> version_command(std::string program);
std::optional<KubectlVersion> read_kubectl_version(std::string_view said);

// Why this kubectl cannot run it; "" where it can. A command that is newer than kubectl would be
// looked up as a plugin.
std::string too_old(const KubectlVersion& version, const Command& command);

// Told once, read by every loop.
class InstalledKubectl {
 public:
  void tell(KubectlVersion version) {
    version_.store(std::make_shared<const KubectlVersion>(std::move(version)));
  }
  // nullptr: not known, or not yet.
  std::shared_ptr<const KubectlVersion> version() const { return version_.load(); }

 private:
  std::atomic<std::shared_ptr<const KubectlVersion>> version_;
};

}  // namespace larkspur::ops
