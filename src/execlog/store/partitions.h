// The files of a log directory: partitions of consecutive records, each an SQLite database named
// for the number of its first record ("records-00000000000000000001.db"). Only the last is written;
// the others are sealed. Beside them lies "lock", held by the one process that writes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace larkspur::execlog {

struct Partition {
  std::string path;
  std::int64_t first_seq = 1;
};

std::string partition_path(const std::string& directory, std::int64_t first_seq);

// Oldest first. kNotFound when there is no such directory.
Result<std::vector<Partition>> list_partitions(const std::string& directory);

// With SQLite's companions of it (-wal, -shm).
void remove_partition(const Partition& partition);

// Held while it lives; the kernel lets go of it when the process dies, however it dies.
class DirectoryLock {
 public:
  // Makes the directory (0700) where it is missing. kAlreadyExists when another process, or another
  // store of this one, writes there; kIo when the directory cannot be made or written.
  static Result<DirectoryLock> take(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

// Makes an empty file that only its owner may read, unless it is there already.
Result<void> create_private_file(const std::string& path);

}  // namespace larkspur::execlog
