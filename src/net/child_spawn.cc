#include "net/child_spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

extern "C" {  // glibc 2.36 forgot to say so itself
#include <sys/pidfd.h>
}

#include "base/text.h"

namespace larkspur::net {

namespace {

// What a child gets of our environment. Everything else may hold secrets that are not its business.
constexpr const char* kPassedOn[] = {"PATH", "HOME",   "USER",   "LOGNAME", "SHELL",
                                     "LANG", "LC_ALL", "TMPDIR", "TZ",      "TERM"};

struct Pipe {
  Fd read, write;
};

// Both ends lie above 2, so that setting up the child's 0, 1 and 2 cannot overwrite one of them
// even when our own standard streams are closed.
Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(ErrorCode::kIo, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  for (Fd* end : {&pipe.read, &pipe.write}) {
    if (end->get() <= STDERR_FILENO) *end = Fd(::fcntl(end->get(), F_DUPFD_CLOEXEC, 3));
  }
  return pipe;
}

// posix_spawn's two records, with a destructor.
class SpawnSetup {
 public:
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  void connect(int in, int out, int err, const std::string& directory) {
    ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (!directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  }
  // A group of its own, and the signals as a program expects to find them: we ignore SIGPIPE, and
  // an ignored signal would stay ignored across exec.
  void detach() {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::vector<std::string> environment(const ChildOptions& options) {
  std::map<std::string, std::string> merged = options.env;
  for (const char* name : kPassedOn) {
    if (const char* value = std::getenv(name)) merged.try_emplace(name, value);
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : merged) out.push_back(fmt::format("{}={}", name, value));
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

Error explain(int error, const ChildOptions& options) {
  const std::string program = printable(options.argv[0]);
  struct stat info{};
  const std::string& directory = options.working_directory;
  if (!directory.empty() && (::stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))) {
    return {ErrorCode::kNotFound,
            fmt::format("cannot start '{}': its working directory '{}' does not exist", program,
                        printable(directory))};
  }
  if (error == ENOENT && !program.contains('/')) {
    const char* path = std::getenv("PATH");
    return {ErrorCode::kNotFound,
            fmt::format("no program '{}' in PATH ({}); install it, or give its full path", program,
                        path != nullptr ? path : "not set")};
  }
  if (error == ENOENT) {
    return {ErrorCode::kNotFound,
            fmt::format("no program '{}', or the interpreter that it names is missing", program)};
  }
  return {error == EACCES ? ErrorCode::kDenied : ErrorCode::kIo,
          fmt::format("cannot start '{}': {}", program, std::strerror(error))};
}

}  // namespace

Result<Spawned> spawn_process(const ChildOptions& options) {
  if (options.argv.empty() || options.argv[0].empty()) {
    return fail(ErrorCode::kInvalidArgument, "no program to start: the command is empty");
  }
  for (const auto& text : options.argv) {
    if (text.contains('\0')) {
      return fail(ErrorCode::kInvalidArgument, "an argument of a command has a NUL in it");
    }
  }
  auto in = make_pipe(), out = make_pipe(), err = make_pipe();
  for (const auto* pipe : {&in, &out, &err}) {
    if (!*pipe) return fail(pipe->error());
  }

  SpawnSetup setup;
  setup.connect(in->read.get(), out->write.get(), err->write.get(), options.working_directory);
  setup.detach();
  auto arguments = options.argv;
  auto variables = environment(options);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0].c_str(), &setup.actions, &setup.attributes,
                                   pointers(arguments).data(), pointers(variables).data());
  if (error != 0) return fail(explain(error, options));

  Fd pidfd(::pidfd_open(pid, PIDFD_NONBLOCK));
  if (pidfd.get() < 0) {
    const int why = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail(ErrorCode::kIo, fmt::format("cannot watch '{}': {}; Larkspur needs Linux 5.10",
                                            printable(options.argv[0]), std::strerror(why)));
  }
  return Spawned{.pid = pid,
                 .in = std::move(in->write),
                 .out = std::move(out->read),
                 .err = std::move(err->read),
                 .pidfd = std::move(pidfd)};
}

}  // namespace larkspur::net
