#include "ops/kubernetes/secret_mask.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "base/text.h"
#include "json/value.h"

namespace larkspur::ops {

namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

bool is_masked_key(std::string_view key) {
  return key == "data" || key == "stringData" || key == kLastApplied;
}

// A value, or a whole tree of them, whose source text is replaced.
struct Span {
  std::size_t begin, length;
};

void collect_leaves(json::Value value, const char* text, std::vector<Span>& spans) {
  if (value.is_object()) {
    for (const auto [key, member] : value.members()) collect_leaves(member, text, spans);
  } else if (value.is_array()) {
    for (const json::Value each : value.elements()) collect_leaves(each, text, spans);
  } else if (!value.is_null()) {
    spans.push_back({static_cast<std::size_t>(value.raw().data() - text), value.raw().size()});
  }
}

void collect(json::Value value, const char* text, std::vector<Span>& spans) {
  for (const auto [key, member] : value.members()) {
    if (is_masked_key(key)) {
      collect_leaves(member, text, spans);
    } else {
      collect(member, text, spans);
    }
  }
  for (const json::Value each : value.elements()) collect(each, text, spans);
}

// One JSON document: masked in its place, so that its layout stays.
std::string mask_document(const json::Document& document) {
  const std::string_view text = document.root().raw();
  std::vector<Span> spans;
  collect(document.root(), text.data(), spans);
  std::string out;
  std::size_t at = 0;
  for (const Span& each : spans) {
    out += text.substr(at, each.begin - at);
    out += '"';
    out += kMasked;
    out += '"';
    at = each.begin + each.length;
  }
  out += text.substr(at);
  return out;
}

std::size_t indent_of(std::string_view line) {
  std::size_t indent = line.find_first_not_of(' ');
  if (indent == line.npos) return line.size();
  while (line.substr(indent).starts_with("- ")) indent += 2;  // an item of a list begins here
  return indent;
}

// The key of a line of YAML or of JSON that is one to a line; "" for none.
std::string_view key_of(std::string_view line) {
  line.remove_prefix(std::min(indent_of(line), line.size()));
  if (line.starts_with('"')) {
    const std::size_t end = line.find('"', 1);
    return end != line.npos && trim(line.substr(end + 1)).starts_with(':') ? line.substr(1, end - 1)
                                                                           : std::string_view();
  }
  const std::size_t end = line.find(':');
  return end == line.npos ? std::string_view() : line.substr(0, end);
}

// "  key: value" or "  "key": "value"," without its value.
std::string without_value(std::string_view line) {
  const std::string_view key = key_of(line);
  if (key.empty()) return std::string(line.substr(0, indent_of(line))) + std::string(kMasked);
  const auto colon = static_cast<std::size_t>(key.data() - line.data()) + key.size() +
                     (key.data() != line.data() && key.data()[-1] == '"' ? 2 : 1);
  const std::string_view value = trim(line.substr(colon));
  if (value.empty() || value == "{}" || value == "{}," || value == "null" || value == "{" ||
      value == "}")
    return std::string(line);
  const bool is_json = value.starts_with('"');
  std::string out(line.substr(0, colon));
  out += is_json ? " \"" : " ";
  out += kMasked;
  if (is_json) out += value.ends_with(',') ? "\"," : "\"";
  return out;
}

// Line by line: what stands deeper than a masked key belongs to it. On other lines JSON may stand
// that is not laid out; its strings may hold braces.
std::string mask_lines(std::string_view text) {
  static const RE2 kFlow(
      R"re(("(?:data|stringData)"\s*:\s*)\{(?:[^"}\n]|"(?:[^"\\\n]|\\.)*"?)*\}?)re", RE2::Latin1);
  std::string out;
  std::size_t block = std::string::npos;  // the indent of the masked key that we are below
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    const std::size_t indent = indent_of(line);
    const bool blank = trim(line).empty();
    if (block != std::string::npos && !blank && indent <= block) block = std::string::npos;
    const bool opens = block == std::string::npos && is_masked_key(key_of(line));
    if (opens) block = indent;
    if (block != std::string::npos && !blank) {
      out += without_value(line);
    } else {
      std::string masked(line);
      RE2::GlobalReplace(&masked, kFlow, "\\1{}");
      out += masked;
    }
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// nullopt for what is no JSON document.
std::optional<std::string> mask_if_document(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos || text[begin] != '{') return std::nullopt;
  const auto document = json::Document::parse(text);
  if (!document) return std::nullopt;
  return mask_document(*document) + text.substr(text.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace

// Every pattern reads bytes: what is not UTF-8 ends no match.
std::string mask_secrets(std::string text) {
  static const RE2 kSecret(R"(kind["']?\s*:\s*["']?Secret)", RE2::Latin1);
  if (!RE2::PartialMatch(text, kSecret)) return text;
  if (auto masked = mask_if_document(text)) return *std::move(masked);
  text = mask_lines(text);
  auto masked = mask_if_document(text);  // what stood in the way may be gone
  return masked ? *std::move(masked) : text;
}

std::string mask_described(std::string text) {
  static const RE2 kToken(R"((?m)^(token:[ \t]+)\S.*$)", RE2::Latin1);
  RE2::GlobalReplace(&text, kToken, "\\1[REDACTED]");
  return text;
}

std::string mask_diff(std::string_view text) {
  // "diff -u -N /tmp/LIVE-1/v1.Secret.default.db ..."; every other line of an object begins with
  // one of " +-@".
  static const RE2 kOfSecret(R"(^diff .*/v1\.Secret\.)", RE2::Latin1);
  std::string out;
  bool of_secret = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
    if (line.starts_with("diff ")) {
      of_secret = RE2::PartialMatch(line, kOfSecret);
      if (of_secret) out += fmt::format("{}\n{}\n", line, kMasked);
    }
    if (!of_secret) out += text.substr(0, line.size() + 1);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return out;
}

}  // namespace larkspur::ops
