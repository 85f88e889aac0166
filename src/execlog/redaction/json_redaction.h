// Takes secrets out of a JSON text by its structure, where redact() (redaction.h) sees one long
// line: whatever stands below a secret name goes, objects and lists too; so do the data of a
// Kubernetes Secret, the value of {"name": "DB_PASSWORD", "value": …}, the word after "--token" in
// a list of arguments. Other strings are redacted one by one, those that hold JSON by its structure
// again.
#pragma once

#include <cstddef>
#include <string>

namespace larkspur::execlog {

// How many values went; `text` stays as it was, byte for byte, when it is 0, and loses its white
// space otherwise. A text that is not JSON is redacted as text, lines of it that are JSON
// by their structure. Idempotent. Any thread.
std::size_t redact_json(std::string& text);

}  // namespace larkspur::execlog
