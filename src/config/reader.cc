#include "config/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace larkspur::config {

Place Places::at(std::string path) const {
  while (true) {
    if (const auto found = places_.find(path); found != places_.end()) return found->second;
    const std::size_t end = path.find_last_of(".[");
    if (end == std::string::npos) return {};
    path.resize(end);
  }
}

void Reader::wrong(const Node& node, std::string_view expected) {
  const bool shown = node.kind == Node::Kind::kScalar;
  report_.problem(node.place, fmt::format("{} must be {}{}", subject(), expected,
                                          shown ? ", not " + in_quotes(node.text) : ""));
}

bool Reader::is_map(const Node& node) {
  if (node.kind == Node::Kind::kMap) return true;
  report_.problem(node.place, fmt::format("{} must be a map from name to value", subject()));
  return false;
}

void Reader::unknown_key(const Member& member, const std::vector<std::string_view>& known) {
  const std::string hint = did_you_mean(member.key, known);
  if (!hint.empty()) {
    report_.problem(member.place, fmt::format("unknown key {}{}", in_quotes(member.key), hint));
  } else if (tolerant_) {
    report_.warning(member.place,
                    fmt::format("{} is ignored: not known here", in_quotes(member.key)));
  } else {
    report_.problem(member.place, fmt::format("unknown key {}; {} has {}", in_quotes(member.key),
                                              subject(), fmt::join(known, ", ")));
  }
}

void Reader::read(const Node& node, std::string& out, const Rule&) {
  if (node.kind != Node::Kind::kScalar) return wrong(node, "text");
  out = node.text;
}

void Reader::read(const Node& node, bool& out, const Rule&) {
  if (node.kind != Node::Kind::kScalar || (node.text != "true" && node.text != "false")) {
    return wrong(node, "true or false");
  }
  out = node.text == "true";
}

void Reader::read(const Node& node, double& out, const Rule& rule) {
  double value = 0;
  const std::string_view text = node.text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = node.kind == Node::Kind::kScalar && error == std::errc{} &&
                         end == text.data() + text.size() && std::isfinite(value);
  if (!is_number || value < rule.min || value > rule.max) {
    return wrong(node, fmt::format("a number from {} to {}", rule.min, rule.max));
  }
  out = value;
}

void Reader::read(const Node& node, milliseconds& out, const Rule& rule) {
  const auto value =
      node.kind == Node::Kind::kScalar ? parse_duration(node.text) : std::optional<milliseconds>();
  if (!value) return wrong(node, "a duration such as 500ms, 30s or 1m30s");
  if (static_cast<double>(value->count()) < rule.min) {
    return wrong(node, fmt::format("at least {}", format_duration(milliseconds(1))));
  }
  if (*value > kMaxDuration) {
    return wrong(node, fmt::format("at most {}", format_duration(kMaxDuration)));
  }
  out = *value;
}

std::optional<std::uint64_t> Reader::whole_number(const Node& node, const Rule& rule,
                                                  std::uint64_t type_max) {
  std::optional<std::uint64_t> value;
  if (node.kind == Node::Kind::kScalar && rule.bytes) {
    value = parse_size(node.text);
  } else if (node.kind == Node::Kind::kScalar) {
    const char* end = node.text.data() + node.text.size();
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(node.text.data(), end, number);
    if (error == std::errc{} && stop == end) value = number;
  }
  const double max = std::min(rule.max, static_cast<double>(type_max));
  const bool fits =
      value && static_cast<double>(*value) >= rule.min && static_cast<double>(*value) <= max;
  if (fits) return value;
  if (rule.bytes) {
    wrong(node, value
                    ? fmt::format("at least {}", format_size(static_cast<std::uint64_t>(rule.min)))
                    : "a size such as 4096, 64KiB or 16MiB");
  } else if (max < 1e9) {
    wrong(node, fmt::format("a whole number from {} to {}", rule.min, max));
  } else {
    wrong(node, fmt::format("a whole number, at least {}", rule.min));
  }
  return std::nullopt;
}

void Reader::read(const Node& node, Secret& out, const Rule&) {
  if (node.kind != Node::Kind::kScalar) {
    return report_.problem(node.place, fmt::format("{} must be text", subject()));
  }
  const std::string_view name = std::string_view(path_).substr(path_.rfind('.') + 1);
  auto secret = secrets_.resolve(name, node.text);
  if (!secret) {
    return report_.problem(node.place, fmt::format("{}: {}", subject(), secret.error()));
  }
  out = std::move(*secret);
}

void Reader::read(const Node& node, std::map<std::string, Secret>& out, const Rule& rule) {
  if (!is_map(node)) return;
  for (const Member& member : node.members) {
    below(fmt::format(".{}", member.key), member.value.place, [&] {
      Secret secret;
      read(member.value, secret, rule);
      out.emplace(member.key, std::move(secret));
    });
  }
}

}  // namespace larkspur::config
