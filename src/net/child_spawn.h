// Starting a program with pipes to it (posix_spawn). Internal to net/.
#pragma once

#include <unistd.h>

#include <utility>

#include "base/result.h"
#include "net/child_process.h"

namespace larkspur::net {

// A file descriptor that is closed unless it is released.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

struct Spawned {
  int pid = 0;      // also the number of its process group
  Fd in, out, err;  // our ends of its stdin, stdout and stderr
  Fd pidfd;         // readable when it has ended
};

Result<Spawned> spawn_process(const ChildOptions& options);

}  // namespace larkspur::net
