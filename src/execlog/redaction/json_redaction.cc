#include "execlog/redaction/json_redaction.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "execlog/redaction/hidden_secrets.h"
#include "execlog/redaction/redaction.h"
#include "execlog/redaction/secret_hints.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::execlog {

namespace {

constexpr std::string_view kMarker = "[REDACTED]";
constexpr std::size_t kMaxNesting = 4;  // JSON in a string in JSON …

bool looks_like_json(std::string_view text) {
  const std::string_view trimmed = trim(text);
  return trimmed.starts_with('{') || trimmed.starts_with('[');
}

// true, false and null say nothing; everything else below a secret name may be the secret.
bool can_be_secret(json::Value value) {
  return !value.is_null() && !value.is_bool() && value.string() != kMarker;
}

bool is_secret_flag(json::Value value) {
  const std::string_view text = value.string();
  const std::size_t name = text.find_first_not_of('-');
  return text.starts_with('-') && name != std::string_view::npos &&
         names_a_secret(text.substr(name));
}

// The name that an object of the form {"name": …, "value": …} gives to its value.
std::string_view name_of_value(json::Value object) {
  for (const std::string_view key : {"name", "key", "header"}) {
    if (object[key].is_string()) return object[key].string();
  }
  return {};
}

std::size_t redact_lines(std::string& text);

// Writes a value without its secrets; counts them.
class Redactor {
 public:
  explicit Redactor(std::size_t nesting) : nesting_(nesting) {}

  void write(json::Value value, json::Writer& out) {  // as deep as a Document may be
    if (value.is_object()) {
      write_object(value, out);
    } else if (value.is_array()) {
      write_array(value, out);
    } else if (value.is_string()) {
      write_string(value, out);
    } else {
      out.raw(value.raw());
    }
  }

  std::size_t count() const { return count_; }

 private:
  void write_object(json::Value object, json::Writer& out) {
    const bool kubernetes_secret = object["kind"].string() == "Secret";
    const bool secret_value = object["value"].exists() && names_a_secret(name_of_value(object));
    out.begin_object();
    for (const auto [name, value] : object.members()) {
      out.key(name);
      if (names_a_secret(name) || (secret_value && name == "value")) {
        hide(value, out);
      } else if (kubernetes_secret && (name == "data" || name == "stringData")) {
        hide_members(value, out);
      } else {
        write(value, out);
      }
    }
    out.end_object();
  }

  void write_array(json::Value array, json::Writer& out) {
    bool hide_next = false;
    bool in_key = false;  // a private key whose lines are elements of their own
    out.begin_array();
    for (const json::Value element : array.elements()) {
      if (element.is_string() && (hide_next || in_key)) {
        hide(element, out);
      } else {
        write(element, out);
      }
      hide_next = is_secret_flag(element);
      const std::string_view text = element.string();
      in_key = (in_key || text.contains("-----BEGIN ")) && !text.contains("-----END ");
    }
    out.end_array();
  }

  void write_string(json::Value value, json::Writer& out) {
    std::string text(value.string());
    if (nesting_ < kMaxNesting && looks_like_json(text)) {
      if (const auto document = json::Document::parse(text)) {
        Redactor inner(nesting_ + 1);
        json::Writer rewritten;
        inner.write(document->root(), rewritten);
        count_ += inner.count();
        inner.count() > 0 ? out.string(rewritten.text()) : out.raw(value.raw());
        return;
      }
    }
    if (const std::size_t count = redact_lines(text) + (redact(text) ? 1 : 0); count > 0) {
      count_ += count;
      out.string(text);
    } else {
      out.raw(value.raw());
    }
  }

  void hide(json::Value value, json::Writer& out) {
    if (!can_be_secret(value)) {
      out.raw(value.raw());
      return;
    }
    ++count_;
    out.string(kMarker);
  }

  // The names of a Secret's data say what is there; its values are the secrets.
  void hide_members(json::Value value, json::Writer& out) {
    if (!value.is_object()) return hide(value, out);
    out.begin_object();
    for (const auto [name, member] : value.members()) hide(member, out.key(name));
    out.end_object();
  }

  std::size_t nesting_;
  std::size_t count_ = 0;
};

// How many went; nothing where the text is not JSON.
std::optional<std::size_t> redact_document(std::string& text) {
  if (!looks_like_json(text) && !text.starts_with('"')) return std::nullopt;
  const auto document = json::Document::parse(text);
  if (!document) return std::nullopt;
  Redactor redactor(0);
  json::Writer out;
  redactor.write(document->root(), out);
  if (redactor.count() > 0) text = out.take();
  return redactor.count();
}

// JSON in lines of their own, as logs and prints have it.
std::size_t redact_lines(std::string& text) {
  if (!text.contains('\n')) return 0;
  std::size_t count = 0;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    std::string line(rest.substr(0, end));
    const bool ended = line.ends_with('\n');
    if (ended) line.pop_back();
    count += redact_document(line).value_or(0);
    out += line;
    if (ended) out += '\n';
    rest.remove_prefix(end);
  }
  if (count > 0) text = std::move(out);
  return count;
}

}  // namespace

std::size_t redact_json(std::string& text) {
  if (!hints_at_a_secret(text) && !has_long_word(text)) return 0;
  if (const auto count = redact_document(text)) return *count;
  const std::size_t in_lines = redact_lines(text);
  return in_lines + (redact(text) ? 1 : 0);
}

}  // namespace larkspur::execlog
