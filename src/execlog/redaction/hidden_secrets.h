// Secrets that no pattern can show whole: objects and lists behind a secret name, and texts in
// base64. For redaction.cc only.
#pragma once

#include <string>

namespace larkspur::execlog {

// Replaces {…} and […] behind a name that names_a_secret(), up to the bracket that closes it, or to
// the end of a text that was cut short; in JSON, in JSON inside a string, in YAML's flow style.
// True if there was one.
bool redact_compounds(std::string& text);

// Replaces words in base64 that decode to text in which redact() finds a secret. True if there was
// one.
bool redact_encoded(std::string& text);

// Whether redact_encoded() needs to look at all.
bool has_long_word(const std::string& text);

}  // namespace larkspur::execlog
