#include "ops/alibaba/sign/canonical.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/form.h"
#include "base/text.h"

namespace larkspur::ops::alibaba {

std::string encode_query(const Fields& query) {
  Fields sorted = query;
  std::ranges::sort(sorted);
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (!out.empty()) out += '&';
    out.append(percent_encode(name)).append("=").append(percent_encode(value));
  }
  return out;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

CanonicalHeaders canonical_headers(const Fields& headers, bool (*is_signed)(std::string_view)) {
  std::map<std::string, std::vector<std::string_view>> by_name;
  for (const auto& [name, value] : headers) {
    std::string lower = to_lower(name);
    if (is_signed(lower)) by_name[std::move(lower)].push_back(trim(value));
  }
  CanonicalHeaders out;
  for (auto& [name, values] : by_name) {
    std::ranges::sort(values);
    if (!out.names.empty()) out.names += ';';
    out.names += name;
    out.lines.append(name).append(":");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out.lines += ',';
      out.lines += values[i];
    }
    out.lines += '\n';
  }
  return out;
}

}  // namespace larkspur::ops::alibaba
