// What servers offer beside tools: prompts, resources, and templates of resources. The sibling of
// ToolSource. Fetching one is a call like any other: it has a CallContext, goes through record and
// limit, and ends in a CallReply whose result is the raw result of its method.
//
// A source inside this process that publishes resources of its own implements ContentSource for its
// scheme and is added with Gateway::add_content({.prefix = "execution://", .source = &it}); list()
// gives what there is, fetch() answers resources/read.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "call/tool_source.h"

namespace larkspur::call {

enum class ContentKind : unsigned char { kPrompt, kResource, kTemplate };

// One of them as callers see it. Immutable and shared.
struct Content {
  ContentKind kind = ContentKind::kResource;
  std::string key;         // a prompt's published name, a resource's URI, a template's URI template
  std::string definition;  // the MCP object, raw: as its source gave it, but for a prompt's name
  std::string source;      // who has it: a backend's name, or call::kOwnSource
};
using ContentList = std::vector<std::shared_ptr<const Content>>;

// Thread rule: all may run on every loop at once.
class ContentSource {
 public:
  virtual ~ContentSource() = default;

  // What this caller may fetch, in an order that does not change while the content does not.
  virtual ContentList list(const Caller& caller, ContentKind kind) = 0;

  // What `key` means: the prompt of that name, the resource of that URI or else the template that
  // covers the URI. nullptr when nobody has it.
  virtual std::shared_ptr<const Content> find(ContentKind kind, std::string_view key) const = 0;

  // Performs prompts/get, resources/read or completion/complete. `params` is the request's raw
  // params with published names, without _meta. REQUIRES: context.content is what find() gave.
  virtual Async<CallReply> fetch(CallContext& context, std::string_view method,
                                 std::string_view params) = 0;
};

// The reply where there is no such prompt or resource, or where this caller may not know of it: the
// same words.
CallReply unknown_content(ContentKind kind, std::string_view key);

}  // namespace larkspur::call
