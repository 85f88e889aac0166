#include "base/result.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace larkspur {
namespace {

TEST(ErrorCodes, TheDocumentedTableIsTheRealOne) {
  std::ifstream file("docs/reference/errors.md");
  std::stringstream page;
  page << file.rdbuf();
  std::string rows;
#define ERROR_CODE(name, text, help) rows += "| `" text "` | " help " |\n";
#include "base/error_codes.def"
#undef ERROR_CODE
  EXPECT_NE(page.str().find("|---|---|\n" + rows), std::string::npos) << rows;
  EXPECT_EQ(to_string(ErrorCode::kNotFound), "not_found");
}

}  // namespace
}  // namespace larkspur
