// The pieces that Alibaba Cloud's signatures are made of. Pure functions, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larkspur::ops::alibaba {

// A query parameter or a header field, not encoded.
using Field = std::pair<std::string, std::string>;
using Fields = std::vector<Field>;

// The query of a URL, "a=1&b=": sorted by the raw bytes of the names, names and values encoded, the
// "=" of an empty value kept. What is sent is what is signed.
std::string encode_query(const Fields& query);

// Raw bytes (32 of them) of HMAC-SHA256.
std::string hmac_sha256(std::string_view key, std::string_view text);

// The headers that a signature covers, in the form in which it does.
struct CanonicalHeaders {
  std::string lines;  // "host:x\nx-acs-date:y\n"
  std::string names;  // "host;x-acs-date"
};

// Names in lower case and sorted; values trimmed, those of one name sorted and joined by commas.
// `is_signed` is asked with the name in lower case.
CanonicalHeaders canonical_headers(const Fields& headers, bool (*is_signed)(std::string_view));

}  // namespace larkspur::ops::alibaba
