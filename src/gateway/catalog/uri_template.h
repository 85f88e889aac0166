// Whether a URI is one that a URI template stands for (RFC 6570), for finding out which backend a
// resource belongs to. What the variables stand for is the backend's business.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace larkspur::gateway {

class UriTemplate {
 public:
  explicit UriTemplate(std::string_view text);

  // Takes time proportional to the length of both.
  bool matches(std::string_view uri) const;
  // How much of the template is fixed text: of two that match, the one with more is meant.
  std::size_t fixed_bytes() const;

 private:
  // Fixed text, then (but for the last part) an expression.
  struct Part {
    std::string fixed;
    bool crosses_slashes = false;  // {+x}, {#x}, {/x*}, {?x}, ...: may stand for text with slashes
  };
  std::vector<Part> parts_;
};

}  // namespace larkspur::gateway
