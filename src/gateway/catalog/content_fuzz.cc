// What backends and clients send about resources and input: definitions and URI templates,
// questions, answers, and the states that clients carry.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/catalog/content_catalog.h"
#include "gateway/clients/input_rounds.h"
#include "gateway/clients/state_seal.h"
#include "mcp/client/param_headers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace larkspur;
  const std::string text(reinterpret_cast<const char*>(data), size);
  // The first line is one thing, the rest another.
  const std::string first = text.substr(0, text.find('\n'));
  const std::string rest = first.size() < text.size() ? text.substr(first.size() + 1) : "";

  gateway::UriTemplate(first).matches(rest);
  if (gateway::read_input_required(text)) {
    gateway::with_state(text, "state");
    gateway::with_input(text, "{}", "state");
  }
  static const gateway::StateSeal seal;
  if (seal.open(text, "nobody")) __builtin_trap();  // a forged state
  if (seal.open(seal.seal(text, first), first) != text) __builtin_trap();
  if (const auto wanted = mcp::read_param_headers(first)) mcp::param_headers(*wanted, rest);

  config::Config config;
  config.backends = {{.name = "a"}, {.name = "b"}};
  gateway::BackendOffer a, b;
  a.backend = "a";
  b.backend = "b";
  a.prompts = a.resources = a.templates = {first, rest};
  b.prompts = b.resources = b.templates = {rest};
  std::vector<std::string> problems;
  const auto catalog = gateway::ContentCatalog::build(config, {a, b}, problems);
  catalog.find(call::ContentKind::kResource, first);
  return 0;
}
