#include "execlog/content.h"

#include <utility>

#include "base/random.h"
#include "execlog/json_redaction.h"

namespace larkspur::execlog {

namespace {

// Where the record names the content; null where it has no place for it.
std::string* name_in(Record& record, ContentOf what) {
  switch (what) {
    case ContentOf::kArguments:
      return &record.request.arguments_blob;
    case ContentOf::kResult:
      return &record.result.blob;
    case ContentOf::kTools:
      return record.script ? &record.script->tools_digest : nullptr;
  }
  std::unreachable();
}

}  // namespace

std::vector<Blob> settle(std::vector<Content> contents, Record& record) {
  std::vector<Blob> blobs;
  for (Content& content : contents) {
    std::string* const name = name_in(record, content.what);
    if (name == nullptr) continue;
    if (content.what != ContentOf::kTools) {
      record.dropped.redactions += static_cast<std::int64_t>(redact_json(content.text));
    }
    *name = "sha256:" + sha256_hex(content.text);
    blobs.push_back({*name, std::move(content.text)});
  }
  return blobs;
}

}  // namespace larkspur::execlog
