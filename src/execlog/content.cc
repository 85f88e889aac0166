#include "execlog/content.h"

#include <utility>

#include "base/random.h"
#include "execlog/redaction/json_redaction.h"

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
    case ContentOf::kData:
      return nullptr;
  }
  std::unreachable();
}

}  // namespace

void put_digest(ContentOf what, std::string_view text, const Digester& digester, Record& record) {
  switch (what) {
    case ContentOf::kArguments:
      record.request.arguments_digest = digester.of_json(text);
      return;
    case ContentOf::kResult:
      record.result.digest = digester.of(text);
      return;
    case ContentOf::kData:
      if (record.script) record.script->data_digest = digester.of_json(text);
      return;
    case ContentOf::kTools:  // named by the hash alone
      return;
  }
  std::unreachable();
}

std::vector<Blob> settle(std::vector<Content> contents, Record& record) {
  std::vector<Blob> blobs;
  for (Content& content : contents) {
    if (content.digester) put_digest(content.what, content.text, *content.digester, record);
    if (!content.keep) continue;
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
