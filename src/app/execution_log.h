// The ExecutionLog of the running program, put together from its configuration.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"
#include "execlog/capture.h"
#include "execlog/log.h"

namespace larkspur::app {

struct ExecutionLog {
  std::unique_ptr<execlog::Log> log;  // null: none is kept
  std::unique_ptr<execlog::CapturePolicy> capture;
};

// Where it lies.
std::string log_directory(const config::ExecutionLog& settings);

// `how`: what is not a matter of configuration.
Result<ExecutionLog> open_execution_log(const config::ExecutionLog& settings,
                                        execlog::Log::Options how);

// What GET /health answers: 200 while calls are let in, 503 while they are refused because the log
// cannot be written. No more than that: why stands in the operator's log.
struct Health {
  int status;
  std::string_view json;
};
Health health_of(const execlog::Log* log, config::WhenUnwritable when_unwritable);

}  // namespace larkspur::app
