// Bytes that strangers send (a token) and that an issuer sends (a key set).
#include "mcp/auth/key_set.h"
#include "mcp/auth/token.h"

using namespace larkspur::mcp::auth;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const auto keys = KeySet::parse(text.substr(0, end));
  if (end == text.npos) return 0;
  const auto token = Token::parse(std::string(text.substr(end + 1)));
  if (!token) return 0;
  const std::vector<std::string> audiences = {"a"};
  (void)token->check("i", audiences, std::chrono::sys_seconds(std::chrono::seconds(1'000)));
  (void)token->scopes();
  if (keys) {
    (void)keys->verify(token->algorithm(), token->key_id(), token->signed_part(),
                       token->signature());
  }
  return 0;
}
