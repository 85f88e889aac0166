// Reading a record back: any bytes are refused or read; what was read is written and read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "execlog/form/json_form.h"

using namespace larkspur::execlog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record = from_json(std::string(reinterpret_cast<const char*>(data), size));
  if (!record) return 0;
  const std::string written = to_json(*record, View::kAudit);
  const auto again = from_json(written);
  if (!again || to_json(*again, View::kAudit) != written) std::abort();
  return 0;
}
