// What kubectl prints about a workload: its object, what its pods use, what Alibaba Cloud's
// resource profiling recommends.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace larkspur::ops {

// A kind of workload that the tools know, under the names that kubectl knows it by.
struct WorkloadKind {
  std::string_view kind;      // "Deployment"
  std::string_view resource;  // "deployments.apps"
  std::array<std::string_view, 3> names;
  // What the name of a pod has after that of its workload; RE2.
  std::string_view pod_suffix;
  bool scales;  // has a number of replicas
};

// By kind, plural or short name in any case: "Deployment", "deployments", "deploy". nullptr for
// others.
const WorkloadKind* workload_kind(std::string_view name);
std::span<const WorkloadKind> workload_kinds();

// nullopt: not set.
struct PodResources {
  std::optional<double> cores;
  std::optional<double> bytes;
};

struct Workload {
  std::int64_t replicas = 0;  // wanted; 0 is 0
  std::int64_t ready = 0;
  // Of one pod: the sum over its containers, side cars included.
  PodResources requests, limits;
  std::string selector;  // of its pods, as -l takes it
};

// `kubectl get ... -o json` of one workload. kProtocol for what is none.
Result<Workload> read_workload(std::string json);

// `kubectl top pods --no-headers`, summed up.
struct PodsUsage {
  std::int64_t pods = 0;
  double cores = 0, bytes = 0;
};
Result<PodsUsage> read_usage(std::string_view table);

struct ContainerTarget {
  std::string name;
  PodResources target;
};
struct Recommendation {
  std::string status;  // "Collecting" or "Working"; "" where it has none
  std::vector<ContainerTarget> containers;
};
// `kubectl get recommendation -o json`, the first of them; nullopt where there is none yet.
Result<std::optional<Recommendation>> read_recommendation(std::string json);

}  // namespace larkspur::ops
