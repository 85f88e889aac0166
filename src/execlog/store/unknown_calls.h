// Calls that have begun and whose end nobody saw: what their intents say, and the record that
// stands in the log for them after the next start.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "execlog/record.h"

namespace larkspur::execlog {

// By id: the JSON of the intent.
using OpenCalls = std::map<std::string, std::string, std::less<>>;

// The record of a call whose gateway stopped under it: status unknown, no end, no duration.
Result<Record> unknown_call(std::string_view intent);

}  // namespace larkspur::execlog
