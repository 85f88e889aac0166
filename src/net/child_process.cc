#include "net/child_process.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <csignal>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "net/child_spawn.h"
#include "net/line_buffer.h"

namespace larkspur::net {

namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

constexpr std::size_t kRead = 64 * 1024;
constexpr std::size_t kMaxStderrLine = 8 * 1024;

// What outlives the ChildProcess object: the coroutines that drain stderr, feed stdin and wait for
// the exit hold it. Whoever holds it last makes sure that the group is dead and the child reaped.
struct State {
  State(Executor executor, Spawned spawned, ChildOptions o)
      : pid(spawned.pid),
        options(std::move(o)),
        in(executor, spawned.in.release()),
        out(executor, spawned.out.release()),
        err(executor, spawned.err.release()),
        exit_event(executor, spawned.pidfd.release()),
        exited(executor, SteadyClock::time_point::max()),
        lines(options.max_line_bytes) {
    in.non_blocking(true);
    out.non_blocking(true);
    err.non_blocking(true);
  }
  ~State() {  // the loop is gone, or never ran: SIGKILL cannot be refused, so this wait is short
    kill_group(SIGKILL);
    if (!status) ::waitpid(pid, nullptr, 0);
  }

  // Only before the child is reaped: until then its number cannot belong to somebody else.
  void kill_group(int signal) const {
    if (!status) ::kill(-pid, signal);
  }

  struct Outgoing {
    explicit Outgoing(Executor executor, std::string d)
        : data(std::move(d)), done(executor, SteadyClock::time_point::max()) {}
    std::string data;
    std::size_t written = 0;
    Timer done;  // cancelled when `result` is there
    std::optional<Result<void>> result;
    bool abandoned = false;  // its writer was cancelled; dropped unless a part has left already
  };

  int pid;
  ChildOptions options;
  Descriptor in, out, err;
  Descriptor exit_event;
  Timer exited;  // cancelled at the exit
  std::optional<ExitStatus> status;
  std::deque<std::shared_ptr<Outgoing>> outbox;
  bool muted = false;  // nobody wants stderr any more

  LineBuffer lines;  // of stdout
  std::array<char, kRead> chunk;
};

using StatePtr = std::shared_ptr<State>;

template <class Stream>
void close_quietly(Stream& stream) {
  boost::system::error_code ignored;
  stream.close(ignored);
}

ExitStatus to_status(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status, .signal = 0};
  return {.code = 0, .signal = info.si_status};
}

// Waits for the child, kills what it leaves behind in its group, and reaps it: in this order,
// because the zombie keeps the group's number from being given to somebody else.
Async<void> watch_exit(StatePtr state) {
  siginfo_t info{};
  for (;;) {
    co_await state->exit_event.async_wait(Descriptor::wait_read, kAwaitTuple);
    info = {};
    const int result =
        ::waitid(P_PID, static_cast<id_t>(state->pid), &info, WEXITED | WNOHANG | WNOWAIT);
    if (result != 0 || info.si_pid != 0) break;
  }
  state->kill_group(SIGKILL);
  ::waitpid(state->pid, nullptr, 0);
  state->status = to_status(info);
  state->exited.cancel();
  close_quietly(state->exit_event);
}

// Hands `on_stderr` line after line; a line that is longer than the limit is cut.
Async<void> drain_stderr(StatePtr state) {
  std::string line;
  std::array<char, 4096> bytes;
  const auto emit = [&] {
    if (line.ends_with('\r')) line.pop_back();
    if (state->options.on_stderr && !state->muted) state->options.on_stderr(line);
    line.clear();
  };
  for (;;) {
    const auto [error, count] =
        co_await state->err.async_read_some(asio::buffer(bytes), kAwaitTuple);
    for (const char c : std::string_view(bytes.data(), count)) {
      if (c == '\n') {
        emit();
      } else if (line.size() < kMaxStderrLine) {
        line += c;
      }
    }
    if (error) break;
  }
  if (!line.empty()) emit();
}

// Writes what is at the head of the outbox as far as it goes now. True: done with it, one way or
// the other. False: the pipe is full.
bool write_head(State& state) {
  State::Outgoing& head = *state.outbox.front();
  while (head.written < head.data.size() && !(head.abandoned && head.written == 0)) {
    boost::system::error_code error;
    head.written += state.in.write_some(
        asio::buffer(head.data.data() + head.written, head.data.size() - head.written), error);
    if (error == asio::error::would_block || error == asio::error::try_again) return false;
    if (error) {
      head.result =
          fail(ErrorCode::kClosed, fmt::format("the process {} does not read its input: {}",
                                               state.options.argv[0], error.message()));
      break;
    }
  }
  if (!head.result) head.result.emplace();
  head.done.cancel();
  state.outbox.pop_front();
  return true;
}

// Feeds stdin in the order of the writes. Apart from the writers, so that one of them who is
// cancelled does not leave half a line in the pipe, with somebody else's line behind it.
Async<void> pump_outbox(StatePtr state) {
  while (!state->outbox.empty()) {
    if (write_head(*state)) continue;
    const auto [error] = co_await state->in.async_wait(Descriptor::wait_write, kAwaitTuple);
    if (error) close_quietly(state->in);  // closed under us: the next write says so
  }
}

Async<ExitStatus> wait_for_exit(StatePtr state) {
  while (!state->status) co_await state->exited.async_wait(kAwaitTuple);
  co_return *state->status;
}

Async<ExitStatus> terminate_group(StatePtr state, std::chrono::milliseconds grace) {
  using asio::experimental::awaitable_operators::operator||;
  state->kill_group(SIGTERM);
  if (!state->status) {
    Timer timer(state->in.get_executor(), grace);
    co_await (wait_for_exit(state) || timer.async_wait(kAwait));
  }
  state->kill_group(SIGKILL);
  co_return co_await wait_for_exit(state);
}

class Child final : public ChildProcess {
 public:
  explicit Child(StatePtr state) : state_(std::move(state)) {}
  ~Child() override {
    state_->muted = true;
    close_quietly(state_->in);
    close_quietly(state_->out);
    close_quietly(state_->err);
    state_->kill_group(SIGKILL);  // watch_exit() reaps it
  }

  int pid() const override { return state_->pid; }
  Async<Result<void>> write(std::string data) override;
  Async<Result<std::string>> read_line() override;
  Async<ExitStatus> wait() override;
  Async<Result<std::string>> read_some(ChildStream stream) override;
  void close_input() override { close_quietly(state_->in); }
  Async<ExitStatus> stop(std::chrono::milliseconds grace) override;
  Async<ExitStatus> terminate(std::chrono::milliseconds grace) override;

 private:
  StatePtr state_;
};

Async<Result<void>> Child::write(std::string data) {
  const StatePtr state = state_;
  const auto item = std::make_shared<State::Outgoing>(state->in.get_executor(), std::move(data));
  state->outbox.push_back(item);
  if (state->outbox.size() == 1 && !write_head(*state)) {
    asio::co_spawn(state->in.get_executor(), pump_outbox(state), asio::detached);
  }
  if (!item->result) {
    co_await item->done.async_wait(kAwaitTuple);
    if (!item->result) {
      item->abandoned = true;
      co_return fail(ErrorCode::kCancelled, "cancelled while writing to a process");
    }
  }
  co_return std::move(*item->result);
}

Async<Result<std::string>> Child::read_line() {
  const StatePtr state = state_;  // this object may go while we wait
  for (;;) {
    LineBuffer::Line line = state->lines.next();
    switch (line.status) {
      case LineBuffer::Status::kLine:
        co_return std::move(line.text);
      case LineBuffer::Status::kTooLong:
        co_return fail(ErrorCode::kTooLarge,
                       fmt::format("a line of the process {} passes {} bytes",
                                   state->options.argv[0], state->options.max_line_bytes));
      case LineBuffer::Status::kEnd:
        co_return fail(ErrorCode::kClosed,
                       fmt::format("the process {} closed its output", state->options.argv[0]));
      case LineBuffer::Status::kNeedsMore:
        break;
    }
    const auto [error, count] =
        co_await state->out.async_read_some(asio::buffer(state->chunk), kAwaitTuple);
    state->lines.put({state->chunk.data(), count});
    if (error == asio::error::operation_aborted && state->out.is_open()) {
      co_return fail(ErrorCode::kCancelled, "cancelled while reading from a process");
    }
    if (error) state->lines.put_end();
  }
}

Async<ExitStatus> Child::wait() {
  return wait_for_exit(state_);
}

Async<Result<std::string>> Child::read_some(ChildStream stream) {
  const StatePtr state = state_;
  Descriptor& from = stream == ChildStream::kOut ? state->out : state->err;
  std::string bytes(kRead, '\0');
  const auto [error, count] = co_await from.async_read_some(asio::buffer(bytes), kAwaitTuple);
  if (error == asio::error::operation_aborted && from.is_open()) {
    co_return fail(ErrorCode::kCancelled, "cancelled while reading from a process");
  }
  bytes.resize(count);
  co_return bytes;
}

Async<ExitStatus> Child::stop(std::chrono::milliseconds grace) {
  using asio::experimental::awaitable_operators::operator||;
  const StatePtr state = state_;
  close_quietly(state->in);
  if (!state->status) {
    Timer timer(state->in.get_executor(), grace);
    co_await (wait_for_exit(state) || timer.async_wait(kAwait));
  }
  co_return co_await terminate_group(state, grace);
}

Async<ExitStatus> Child::terminate(std::chrono::milliseconds grace) {
  return terminate_group(state_, grace);
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::spawn(Executor executor, ChildOptions options) {
  auto spawned = spawn_process(options);
  if (!spawned) return fail(std::move(spawned.error()));
  auto state = std::make_shared<State>(executor, std::move(*spawned), std::move(options));
  asio::co_spawn(executor, watch_exit(state), asio::detached);
  if (!state->options.read_stderr) asio::co_spawn(executor, drain_stderr(state), asio::detached);
  return std::make_unique<Child>(std::move(state));
}

std::string ExitStatus::describe() const {
  if (signal == 0) return fmt::format("exit code {}", code);
  return fmt::format("signal {} ({})", signal, ::strsignal(signal));
}

}  // namespace larkspur::net
