// Asks the kubectl that is installed for its version, beside the calls.
#pragma once

#include <memory>
#include <string>

#include "base/async.h"
#include "ops/kubernetes/kubectl_version.h"
#include "telemetry/log.h"

namespace larkspur::app {

// Tells `installed`, and the operator in one line. `journal` outlives the coroutine.
Async<void> probe_kubectl(std::string program, std::shared_ptr<ops::InstalledKubectl> installed,
                          telemetry::Log& journal);

}  // namespace larkspur::app
