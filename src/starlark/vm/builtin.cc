#include "starlark/vm/builtin.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "starlark/vm/diagnose.h"

namespace larkspur::starlark {
namespace {

// Parameter lists look like {"x", "/", "default?", "*", "key?"}.
bool is_mark(std::string_view parameter) {
  return parameter == "/" || parameter == "*";
}
std::string_view name_of(std::string_view parameter) {
  return parameter.ends_with('?') ? parameter.substr(0, parameter.size() - 1) : parameter;
}

std::string plural(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

}  // namespace

bool Args::fail_keywords(Context& context) const {
  context.fail(fmt::format("{}: unexpected keyword arguments", function_name()));
  return false;
}

bool Args::fail_count(Context& context, std::size_t min, std::size_t max) const {
  const std::size_t count = positional.size();
  std::string_view bound = min == max ? "" : count < min ? "at least " : "at most ";
  context.fail(fmt::format("{}: got {}, want {}{}", function_name(), plural(count, "argument"),
                           bound, count < min ? min : max));
  return false;
}

bool Args::bind(Context& context, std::initializer_list<std::string_view> parameters,
                Value* out) const {
  // First the positional ones, in order.
  std::size_t slot = 0;
  std::size_t taken = 0;
  bool keyword_only = false;
  bool complete = named.empty();
  for (std::string_view parameter : parameters) {
    if (is_mark(parameter)) {
      keyword_only |= parameter == "*";
    } else if (!keyword_only && taken < positional.size()) {
      out[slot++] = positional[taken++];
    } else {
      complete &= parameter.ends_with('?');
      out[slot++] = Value::missing();
    }
  }
  if (taken < positional.size()) {
    const auto slash = std::ranges::find(parameters, "/");
    const bool exact =
        slash != parameters.end() &&
        std::none_of(parameters.begin(), slash, [](auto p) { return p.ends_with('?'); });
    context.fail(fmt::format("{}: got {}, want {}{}", function_name(),
                             plural(positional.size(), "argument"), exact ? "" : "at most ",
                             taken));
    return false;
  }
  if (complete) return true;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (!bind_named(context, parameters, i, out)) return false;
  }
  slot = 0;
  for (std::string_view parameter : parameters) {
    if (is_mark(parameter)) continue;
    if (out[slot].is_missing() && !parameter.ends_with('?')) {
      context.fail(fmt::format("{}: missing argument for {}", function_name(), parameter));
      return false;
    }
    ++slot;
  }
  return true;
}

bool Args::bind_named(Context& context, std::initializer_list<std::string_view> parameters,
                      std::size_t number, Value* out) const {
  std::string_view wanted = text_of(names[number]);
  // Parameters before a "/" cannot be named.
  const std::string_view* mark =
      std::find(parameters.begin(), parameters.end(), std::string_view("/"));
  bool nameable = mark == parameters.end();
  std::size_t slot = 0;
  std::vector<std::string_view> candidates;
  for (std::string_view parameter : parameters) {
    if (parameter == "/") nameable = true;
    if (is_mark(parameter)) continue;
    std::string_view name = name_of(parameter);
    if (nameable && name == wanted) {
      if (!out[slot].is_missing()) {
        context.fail(fmt::format("{}: got multiple values for keyword argument \"{}\"",
                                 function_name(), wanted));
        return false;
      }
      out[slot] = named[number];
      return true;
    }
    ++slot;
    if (nameable) candidates.push_back(name);
  }
  if (candidates.empty()) {
    context.fail(fmt::format("{}: unexpected keyword arguments", function_name()),
                 "write the arguments without names");
    return false;
  }
  context.fail(fmt::format("{}: unexpected keyword argument \"{}\"", function_name(), wanted),
               did_you_mean(wanted, candidates));
  return false;
}

}  // namespace larkspur::starlark
