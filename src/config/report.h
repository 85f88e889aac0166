// Collects everything that is wrong with one file, so that a person mends it in one go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "config/yaml.h"

namespace larkspur::config {

class Report {
 public:
  explicit Report(std::string_view filename) : filename_(filename) {}

  void problem(Place place, std::string_view message) { add(problems_, place, message); }
  void warning(Place place, std::string_view message) { add(warnings_, place, message); }

  bool ok() const { return problems_.empty(); }
  std::size_t problem_count() const { return problems_.size(); }
  const std::string& filename() const { return filename_; }

  // In the order of the file; at most kMaxProblems of them.
  Problems take_problems() { return take(problems_); }
  Problems take_warnings() { return take(warnings_); }

 private:
  void add(Problems& list, Place place, std::string_view message);
  static Problems take(Problems& list);

  std::string filename_;
  Problems problems_;
  Problems warnings_;
};

// " did you mean 'backends'?" with the separator in front, or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

// A text from a file inside a message: capped, in single quotes.
std::string in_quotes(std::string_view text);

}  // namespace larkspur::config
