#include "execlog/store/partitions.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace larkspur::execlog {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "records-", kSuffix = ".db";

std::string reason(int error) {
  return std::error_code(error, std::generic_category()).message();
}

std::unexpected<Error> cannot(std::string_view what, const std::string& path, int error) {
  return fail(ErrorCode::kIo,
              fmt::format("cannot {} {}: {}. Check its permissions and the disk, or configure "
                          "another directory for the execution log",
                          what, path, reason(error)));
}

// The first sequence number that a partition's file name says, or 0.
std::int64_t first_seq_of(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return 0;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  std::int64_t seq = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), seq);
  return error == std::errc() && end == name.data() + name.size() ? seq : 0;
}

std::string holder_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  return fmt::format("process {}", std::string_view(text.data(), static_cast<std::size_t>(size)));
}

}  // namespace

std::string partition_path(const std::string& directory, std::int64_t first_seq) {
  return fmt::format("{}/{}{:020}{}", directory, kPrefix, first_seq, kSuffix);
}

Result<std::vector<Partition>> list_partitions(const std::string& directory) {
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  if (error) {
    return fail(
        error == std::errc::no_such_file_or_directory ? ErrorCode::kNotFound : ErrorCode::kIo,
        fmt::format("cannot read the execution log in {}: {}", directory, error.message()));
  }
  std::vector<Partition> partitions;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    const std::int64_t first_seq = first_seq_of(entries->path().filename().native());
    if (first_seq > 0) partitions.push_back({entries->path().native(), first_seq});
    if (error) break;
  }
  std::ranges::sort(partitions, {}, &Partition::first_seq);
  return partitions;
}

void remove_partition(const Partition& partition) {
  for (const char* companion : {"", "-wal", "-shm"}) unlink((partition.path + companion).c_str());
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  std::error_code error;
  if (fs::create_directories(directory, error)) {
    fs::permissions(directory, fs::perms::owner_all, error);
  }
  if (error) return cannot("make the directory", directory, error.value());
  const std::string path = directory + "/lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot("write", path, errno);
  DirectoryLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::kAlreadyExists,
                fmt::format("the execution log in {} is being written by {}; stop it, or configure "
                            "another directory for this one",
                            directory, holder_of(descriptor)));
  }
  const std::string holder = std::to_string(getpid());
  if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, holder.data(), holder.size(), 0) < 0) {
    // The number only makes another process's message better; on a full disk it is done without.
  }
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

Result<void> create_private_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot("make", path, errno);
  close(descriptor);
  return {};
}

}  // namespace larkspur::execlog
