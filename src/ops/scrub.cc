#include "ops/scrub.h"

#include <algorithm>

#include "base/base64.h"
#include "base/form.h"

namespace larkspur::ops {

namespace {

constexpr std::size_t kLeastBytes = 8;
constexpr std::string_view kMark = "[REDACTED]";

std::string with_escaped_slashes(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '/') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

Scrubber::Scrubber(std::initializer_list<const execlog::Secret*> secrets) {
  for (const execlog::Secret* each : secrets) add(each->reveal());
}

void Scrubber::add(std::string_view secret) {
  if (secret.size() < kLeastBytes) return;
  std::vector<std::string> spellings{std::string(secret), percent_encode(secret),
                                     with_escaped_slashes(secret)};
  if (auto decoded = from_base64(secret); decoded && decoded->size() >= kLeastBytes) {
    spellings.push_back(std::move(*decoded));
  }
  for (const std::string& each : spellings) {
    const auto same = [&](const execlog::Secret& other) { return other.reveal() == each; };
    if (std::ranges::none_of(spellings_, same)) spellings_.emplace_back(each);
  }
  // What contains another one goes first.
  std::ranges::sort(spellings_, std::ranges::greater(),
                    [](const execlog::Secret& each) { return each.reveal().size(); });
}

void Scrubber::scrub(std::string& text) const {
  for (const execlog::Secret& each : spellings_) {
    const std::string_view secret = each.reveal();
    std::size_t at = text.find(secret);
    if (at == text.npos) continue;
    // Into a text of its own: an answer full of echoes must not be moved at each of them.
    std::string clean;
    std::size_t done = 0;
    for (; at != text.npos; at = text.find(secret, done)) {
      clean.append(text, done, at - done).append(kMark);
      done = at + secret.size();
    }
    text = clean.append(text, done);
  }
}

void Scrubber::scrub(call::HttpFields& headers) const {
  for (auto& [name, value] : headers) scrub(value);
}

void Scrubber::scrub(call::HttpAnswer& answer) const {
  scrub(answer.headers);
  scrub(answer.body);
}

}  // namespace larkspur::ops
