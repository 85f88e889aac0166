// A Record as JSON, in the form of execution-log.schema.json, and back.
#pragma once

#include <string>

#include "base/result.h"
#include "execlog/record.h"

namespace larkspur::execlog {

enum class View : unsigned char {
  kResponse,  // for the caller: the nine fields, api_calls with the essential ones; no principal or
              // request
  kAudit,     // everything; what the store keeps
};

// One line, stable order of keys.
std::string to_json(const Record& record, View view);

// The audit view in at most kMaxRecordBytes: where it would be longer, the record's lists are
// shortened until it fits, and record.dropped says by how much.
std::string to_bounded_json(Record& record);

// Reads the audit view, strictly: every required field, no unknown one (an api_call may have
// unknown ones, which are ignored), every value of its type and within its bounds. The error names
// the place: "api_calls[3].status: 'done' is not one of its words".
Result<Record> from_json(std::string text);

}  // namespace larkspur::execlog
