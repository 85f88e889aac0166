// Takes secrets out of text before it enters a record.
//
// First by structure (command-line flags, headers, URL parts, keys of JSON and YAML), then by shape
// (JWT, PEM, the key formats of well-known vendors). When in doubt a value goes: a log that lacks a
// word is a nuisance, a log that holds a password is an incident. Any thread. The rules are
// idempotent: redacting twice is redacting once.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace larkspur::execlog {

// Replaces every secret in `text` by a marker; true if there was one. Costs one scan where nothing
// looks like a secret.
bool redact(std::string& text);
std::string redacted(std::string_view text);

// A command line for people: arguments joined by spaces, quoted where needed, the values of secret
// flags replaced. Better than redact() on the joined text, because it still knows where a value
// ends.
std::string redacted_command(std::span<const std::string> arguments);

// A name (flag, header, JSON key, query key) whose value is a secret: "accessKeySecret",
// "x-api-key".
bool names_a_secret(std::string_view name);

// The few HTTP headers whose values may be stored at all.
bool is_storable_header(std::string_view name);

}  // namespace larkspur::execlog
