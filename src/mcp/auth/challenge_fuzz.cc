// What a server that refuses us may send: a challenge, a metadata document, an answer by redirect.
#include "base/form.h"
#include "mcp/auth/challenge.h"
#include "mcp/auth/protected_resource.h"

using namespace larkspur::mcp::auth;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)read_bearer_challenge(text);
  (void)from_form(text);
  static const auto kUrl = *larkspur::net::Url::parse("https://a.example/mcp");
  (void)read_protected_resource(text, kUrl);
  (void)read_metadata(text, "https://a.example");
  return 0;
}
