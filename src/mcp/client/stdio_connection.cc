#include "mcp/client/stdio_connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "mcp/client/handshake.h"
#include "mcp/client/listen_filter.h"
#include "mcp/message.h"

namespace larkspur::mcp {
namespace {

constexpr std::chrono::milliseconds kGrace{2'000};  // between stdin closed, TERM and KILL
constexpr std::chrono::milliseconds kProbeSilence{5'000};
constexpr std::chrono::milliseconds kExitAfterEof{1'000};  // a process without stdout is of no use

}  // namespace

// Tells the server that nobody waits for the answer any more, on whatever way the call ends without
// one. initialize must never be cancelled, and discover need not be.
class StdioConnection::CancelNotice {
 public:
  CancelNotice(StdioConnection& connection, std::int64_t id, bool armed)
      : connection_(connection), id_(id), armed_(armed) {}
  CancelNotice(const CancelNotice&) = delete;
  CancelNotice& operator=(const CancelNotice&) = delete;
  ~CancelNotice() {
    if (armed_ && !connection_.lost_)
      connection_.put_line(cancelled_text(id_, "the caller gave up"));
  }
  void disarm() { armed_ = false; }

 private:
  StdioConnection& connection_;
  std::int64_t id_;
  bool armed_;
};

StdioConnection::StdioConnection(Executor executor, std::string program, std::shared_ptr<Host> host)
    : executor_(executor),
      program_(std::move(program)),
      host_(std::move(host)),
      stream_(executor, host_),
      outbox_filled_(executor) {}

Result<std::shared_ptr<StdioConnection>> StdioConnection::spawn(Executor executor,
                                                                const StdioServer& server,
                                                                std::shared_ptr<Host> host) {
  net::ChildOptions options;
  options.argv = server.argv;
  options.env = server.env;
  options.working_directory = server.working_directory;
  options.max_line_bytes = host->options().max_message_bytes;
  options.on_stderr = [host](std::string_view line) { host->log("stderr: " + printable(line)); };
  auto child = net::ChildProcess::spawn(executor, std::move(options));
  if (!child) return fail(child.error());

  std::string program = server.argv.empty() ? "" : server.argv.front();
  std::shared_ptr<StdioConnection> connection(
      new StdioConnection(executor, std::move(program), std::move(host)));
  connection->child_ = *std::move(child);
  connection->reader_.start(executor, connection->read_lines());
  connection->writer_.start(executor, connection->write_lines());
  return connection;
}

void StdioConnection::start(ServerFacts facts) {
  facts_ = std::move(facts);
  if (host_->options().listen) watched_changed();
}

void StdioConnection::watched_changed() {
  // A legacy server sends list_changed unasked; a modern one wants to be asked for everything.
  if (facts_.era == Era::kLegacy) return watched_.sync(executor_, shared_from_this(), host_);
  listener_.stop();
  if (!listen_params(facts_.capabilities, host_->watched()).empty()) {
    listener_.start(executor_, listen());
  }
}

Async<Exchange> StdioConnection::exchange(const Ask& ask) {
  const auto self = shared_from_this();
  const std::int64_t id = host_->next_id();
  std::string text = request_text(host_->stamp(), text_of(ask, id));
  if (text.empty()) {
    co_return Exchange::failed(
        {ErrorCode::kInvalidArgument, "params and _meta must be JSON objects"});
  }
  if (ask.options.facts != nullptr) {
    ask.options.facts->request_id = std::to_string(id);
    ask.options.facts->request_bytes = text.size();
  }
  if (lost_) co_return Exchange::failed(*lost_);

  const CallInFlight in_flight{ask.options, std::make_shared<Patience>(ask.options.deadline)};
  const Host::Route route(*host_, id, in_flight);
  PendingCalls::Slot slot(stream_.pending(), executor_, id, in_flight.patience);
  if (!put_line(std::move(text))) {
    co_return Exchange::failed({ErrorCode::kUnavailable, program_ + " does not read its stdin"});
  }
  CancelNotice notice(*self, id, ask.method != "initialize" && ask.method != "server/discover");
  CallReply reply = co_await slot.wait();
  if (reply || (reply.error().error.code != ErrorCode::kTimeout &&
                reply.error().error.code != ErrorCode::kCancelled)) {
    notice.disarm();
  }
  if (ask.options.facts != nullptr && reply) ask.options.facts->response_bytes = reply->size();
  co_return Exchange{std::move(reply)};
}

Async<Result<void>> StdioConnection::tell(std::string text, SteadyClock::time_point) {
  if (lost_) co_return fail(*lost_);
  if (!put_line(std::move(text))) {
    co_return fail(ErrorCode::kUnavailable, program_ + " does not read its stdin");
  }
  co_return Result<void>();
}

bool StdioConnection::put_line(std::string text) {
  if (outbox_.size() + text.size() > host_->options().max_message_bytes) return false;
  text = on_one_line(std::move(text));
  text += '\n';
  if (outbox_.empty()) {
    outbox_ = std::move(text);
  } else {
    outbox_ += text;
  }
  outbox_filled_.notify_all();
  return true;
}

Async<void> StdioConnection::write_lines() {
  const auto self = shared_from_this();
  while (!lost_) {
    if (outbox_.empty()) {
      co_await outbox_filled_.wait(kNever);
      continue;
    }
    // Fails when the process reads no more: it has ended, or ends soon, and the reader will see it.
    if (!co_await child_->write(std::exchange(outbox_, {}))) co_return;
  }
}

Async<void> StdioConnection::read_lines() {
  const auto self = shared_from_this();
  for (;;) {
    auto line = co_await child_->read_line();
    if (line) {
      take_line(*std::move(line));
    } else if (line.error().code == ErrorCode::kTooLarge) {
      host_->log(fmt::format("{}: dropped a line: {}", program_, line.error().message));
      stream_.pending().answer_dropped(
          {ErrorCode::kTooLarge, program_ + ": " + line.error().message});
    } else {
      break;
    }
  }
  const auto status = co_await until(SteadyClock::now() + kExitAfterEof, child_->wait());
  end({ErrorCode::kClosed, status ? fmt::format("{} ended ({})", program_, status->describe())
                                  : program_ + " closed its stdout"});
}

void StdioConnection::take_line(std::string line) {
  stream_.take(std::move(line), program_, [self = weak_from_this()](std::string text) {
    const auto connection = self.lock();
    if (!connection || connection->lost_) return;
    if (!connection->put_line(std::move(text))) {
      connection->host_->log(connection->program_ + " asks, but does not read the answers");
    }
  });
}

void StdioConnection::end(Error error) {
  if (lost_) return;
  host_->log(error.message);
  stream_.end(error);
  lost_ = std::move(error);
  writer_.stop();
  listener_.stop();
  watched_.stop();
}

// Keeps one subscriptions/listen open. Its notifications come like all others, so there is nothing
// to do with them here; and it ends with the process, so a pause between two is all the patience
// needed.
Async<void> StdioConnection::listen() {
  const auto self = shared_from_this();
  const Ask ask{.era = Era::kModern,
                .method = "subscriptions/listen",
                .params = listen_params(facts_.capabilities, host_->watched())};
  for (auto pause = std::chrono::seconds(1);;
       pause = std::min(pause * 2, std::chrono::seconds(30))) {
    const Exchange ended = co_await exchange(ask);
    if (!ended.reply) co_return;  // not offered, or the end
    co_await sleep_for(pause);
  }
}

void StdioConnection::stop() {
  end({ErrorCode::kCancelled, "the connection to " + program_ + " was closed"});
  // Each coroutine holds a reference to this; with the last one goes the process.
  reader_.stop();
}

Async<void> StdioConnection::close() {
  const auto self = shared_from_this();
  end({ErrorCode::kCancelled, "the connection to " + program_ + " was closed"});
  co_await child_->stop(kGrace);
  reader_.stop();
}

Async<Result<std::shared_ptr<Connection>>> StdioDialer::dial(SteadyClock::time_point deadline) {
  auto connection = co_await attempt(deadline, true);
  if (connection || connection.error().code != ErrorCode::kClosed || host_->gone())
    co_return connection;
  co_return co_await attempt(deadline, false);
}

Async<Result<std::shared_ptr<Connection>>> StdioDialer::attempt(SteadyClock::time_point deadline,
                                                                bool probe) {
  auto connection = StdioConnection::spawn(executor_, server_, host_);
  if (!connection) co_return fail(connection.error());
  // Whatever way this ends but the good one, the process must not stay.
  struct Guard {
    StdioConnection* connection;
    ~Guard() {
      if (connection != nullptr) connection->stop();
    }
  } guard{connection->get()};

  const auto silence = std::min(kProbeSilence, host_->options().connect_timeout / 2);
  auto facts =
      co_await shake_hands(**connection, host_->stamp(),
                           {.deadline = deadline, .probe_silence = silence, .probe = probe});
  if (!facts) co_return fail(facts.error());
  guard.connection = nullptr;
  (*connection)->start(*std::move(facts));
  co_return *std::move(connection);
}

}  // namespace larkspur::mcp
