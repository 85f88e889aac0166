#include "base/result.h"

namespace larkspur {

std::string_view to_string(ErrorCode code) {
  switch (code) {
#define ERROR_CODE(name, text, help) \
  case ErrorCode::name:              \
    return text;
#include "base/error_codes.def"
#undef ERROR_CODE
  }
  return "internal";
}

}  // namespace larkspur
