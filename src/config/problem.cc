#include <fmt/format.h>

#include "config/load.h"

namespace larkspur::config {

std::string Problem::to_string() const {
  if (line == 0) return fmt::format("{}: {}", file, message);
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
}

}  // namespace larkspur::config
