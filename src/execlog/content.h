// The texts of a call, on their way to the store: what it was asked, what it answered. The call
// path only copies them; the writer's thread takes their digests, takes the secrets out of those
// that are kept, names them by their hash and puts the names into the record.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "execlog/digest.h"
#include "execlog/record.h"
#include "execlog/store.h"

namespace larkspur::execlog {

enum class ContentOf : unsigned char {
  kArguments,  // JSON
  kResult,     // JSON
  kTools,      // the definitions that a script could see, JSON; no call's data, kept as it is
  kData,       // what a script works on, JSON; never kept: it is in the arguments
};

struct Content {
  ContentOf what;
  std::string text;
  bool keep = true;  // the text; otherwise only what is computed from it
  std::shared_ptr<const Digester> digester = nullptr;  // for a digest in the record; null: none
};

// How long one such text may be; a longer one is not kept, and dropped.contents says so.
inline constexpr std::size_t kMaxContentBytes = std::size_t{4} << 20;

// How long a text may be of which the writer's thread takes the digest: a copy of it waits in the
// queue until then.
inline constexpr std::size_t kMaxDigestedLater = std::size_t{16} << 10;

// Puts the digest of `text` where `record` has its place. The arguments' and the data's is that of
// the value, however it is spelled; the result's that of the bytes.
void put_digest(ContentOf what, std::string_view text, const Digester& digester, Record& record);

// Puts digests in `record`, turns what is kept of `contents`
// into blobs, and names them in `record`. May take long: the writer's thread.
std::vector<Blob> settle(std::vector<Content> contents, Record& record);

}  // namespace larkspur::execlog
