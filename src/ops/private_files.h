// Files that hold credentials for other programs: in a directory of this process alone, readable by
// its user alone, gone when nobody needs them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace larkspur::ops {

// A directory of mode 0700 with a name that nobody can guess, removed with all that is in it when
// this dies. Any thread.
class PrivateDirectory {
 public:
  // Below $XDG_RUNTIME_DIR, else $TMPDIR, else /tmp.
  static Result<std::shared_ptr<PrivateDirectory>> make();
  explicit PrivateDirectory(std::string path) : path_(std::move(path)) {}
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A file of mode 0600 in one, complete from its first moment, removed when this dies.
class PrivateFile {
 public:
  // A few KiB: written on the calling thread.
  static Result<std::shared_ptr<PrivateFile>> write(std::shared_ptr<PrivateDirectory> directory,
                                                    std::string_view text);
  PrivateFile(std::shared_ptr<PrivateDirectory> directory, std::string path)
      : directory_(std::move(directory)), path_(std::move(path)) {}
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::shared_ptr<PrivateDirectory> directory_;
  std::string path_;
};

}  // namespace larkspur::ops
