// Redacting twice is redacting once, whatever the bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "execlog/redaction/json_redaction.h"
#include "execlog/redaction/redaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string once = larkspur::execlog::redacted(text);
  if (larkspur::execlog::redacted(once) != once) std::abort();
  std::string json = text;
  larkspur::execlog::redact_json(json);
  std::string again = json;
  if (larkspur::execlog::redact_json(again) != 0 || again != json) std::abort();
  return 0;
}
