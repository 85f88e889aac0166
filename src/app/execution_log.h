// The ExecutionLog of the running program, put together from its configuration.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/config.h"
#include "execlog/capture.h"
#include "execlog/log.h"

namespace larkspur::app {

struct ExecutionLog {
  std::unique_ptr<execlog::Log> log;  // null: none is kept
  std::unique_ptr<execlog::CapturePolicy> capture;
};

// `how`: what is not a matter of configuration.
Result<ExecutionLog> open_execution_log(const config::ExecutionLog& settings,
                                        execlog::Log::Options how);

}  // namespace larkspur::app
