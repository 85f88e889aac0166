#include "ops/private_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/random.h"

namespace larkspur::ops {

namespace {

std::string parent_directory() {
  for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && value[0] == '/' && ::access(value, W_OK) == 0) return value;
  }
  return "/tmp";
}

std::unexpected<Error> refused(std::string_view what, const std::string& path) {
  return fail(ErrorCode::kIo, fmt::format("cannot {} '{}': {}", what, path, std::strerror(errno)));
}

}  // namespace

Result<std::shared_ptr<PrivateDirectory>> PrivateDirectory::make() {
  std::string path = parent_directory() + "/larkspur-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return refused("make a private directory", path);
  return std::make_shared<PrivateDirectory>(std::move(path));
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<std::shared_ptr<PrivateFile>> PrivateFile::write(std::shared_ptr<PrivateDirectory> directory,
                                                        std::string_view text) {
  const std::string path = directory->path() + "/" + random_hex(16);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return refused("make", path);
  auto owner = std::make_shared<PrivateFile>(std::move(directory), path);  // removes it on failure
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      auto error = refused("write", path);
      ::close(file);
      return error;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::close(file) != 0) return refused("write", path);
  return owner;
}

PrivateFile::~PrivateFile() {
  ::unlink(path_.c_str());
}

}  // namespace larkspur::ops
