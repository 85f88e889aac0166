// A closed loop of tools/call: so many connections, on each the next request as soon as the answer
// has come. Every answer is checked. Prints one JSON line: calls (warm-up included), calls and
// seconds of the measured part, errors, exact percentiles of the latency in microseconds.
//
//   load PORT TOOL ARGUMENTS EXPECTED CONNECTIONS SECONDS [--legacy] [--events]
//
// ARGUMENTS is a JSON object or @FILE; every answer must contain EXPECTED. Speaks 2026-07-28, with
// --legacy 2025-11-25 in one session. --events: gives a progress token, so the answer has to be an
// event stream.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http_text.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono_literals::operator""ms;

constexpr auto kWarmUp = 250ms;
constexpr std::size_t kIdDigits = 9;

[[noreturn]] void die(std::string_view what) {
  fmt::print(stderr, "bench load: {}\n", what);
  std::exit(1);
}

struct Options {
  bool legacy = false;
  bool events = false;
};

std::string post(std::string_view headers, std::string_view body) {
  return fmt::format(
      "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Accept: application/json, text/event-stream\r\n{}Content-Length: {}\r\n\r\n{}",
      headers, body.size(), body);
}

// A request whose id can be replaced in place.
class Template {
 public:
  Template(std::string_view tool, std::string_view arguments, const Options& options)
      : tool_(tool), options_(options) {
    std::string meta = options.events ? R"("progressToken":1)" : "";
    if (!options.legacy) {
      meta += std::string(meta.empty() ? "" : ",") +
              R"("io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
              R"("io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},)"
              R"("io.modelcontextprotocol/clientCapabilities":{})";
    }
    body_ = fmt::format(
        R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{{"name":"{}","arguments":{},)"
        R"("_meta":{{{}}}}}}})",
        std::string(kIdDigits, '1'), tool, arguments, meta);
    open_session({});
  }

  // `id`: "" for none.
  void open_session(std::string_view id) {
    std::string headers = options_.legacy ? "MCP-Protocol-Version: 2025-11-25\r\n"
                                          : fmt::format(
                                                "MCP-Protocol-Version: 2026-07-28\r\n"
                                                "Mcp-Method: tools/call\r\nMcp-Name: {}\r\n",
                                                tool_);
    if (!id.empty()) headers += fmt::format("Mcp-Session-Id: {}\r\n", id);
    text_ = post(headers, body_);
    id_at_ = text_.find(R"("id":)") + 5;
  }

  const Options& options() const { return options_; }

  std::string_view with_id(std::uint32_t id) {
    fmt::format_to(text_.data() + id_at_, "{}", id);
    return text_;
  }

 private:
  std::string tool_;
  Options options_;
  std::string body_;
  std::string text_;
  std::size_t id_at_ = 0;
};

struct Connection {
  int fd = -1;
  std::uint32_t id = 0;
  Clock::time_point sent_at;
  std::string in;
};

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die(fmt::format("cannot connect to port {}", port));
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// What comes back for one message that is sent on its own.
std::string exchange(std::uint16_t port, const std::string& text) {
  const int fd = connect_to(port);
  if (send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) die("the connection broke");
  std::string in;
  std::array<char, 65536> bytes;
  while (!bench::first_message(in)) {
    const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
    if (count <= 0) die("the server closed a connection: " + in);
    in.append(bytes.data(), static_cast<std::size_t>(count));
  }
  close(fd);
  return in;
}

// The id of a new session (mcp 2025-11-25 lifecycle).
std::string begin_session(std::uint16_t port) {
  const std::string answer = exchange(
      port,
      post("", R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":)"
               R"("2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}})"));
  const std::string id(bench::field(bench::first_message(answer)->head, "Mcp-Session-Id:"));
  exchange(port, post(fmt::format("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {}\r\n", id),
                      R"({"jsonrpc":"2.0","method":"notifications/initialized"})"));
  return id;
}

class Load {
 public:
  Load(std::uint16_t port, Template request, std::string expected, std::size_t connections)
      : request_(std::move(request)), expected_(std::move(expected)), epoll_(epoll_create1(0)) {
    if (request_.options().legacy) request_.open_session(begin_session(port));
    for (std::size_t i = 0; i < connections; ++i) {
      auto& one = *connections_.emplace_back(std::make_unique<Connection>());
      one.fd = connect_to(port);
      epoll_event event{.events = EPOLLIN, .data = {.ptr = &one}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &event);
    }
  }

  void run(std::chrono::duration<double> duration) {
    measure_from_ = Clock::now() + kWarmUp;
    end_ = measure_from_ + std::chrono::duration_cast<Clock::duration>(duration);
    for (const auto& one : connections_) send_next(*one);
    std::array<epoll_event, 64> events;
    while (under_way_ > 0) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), 10'000);
      if (count <= 0) die("no answer for 10 s");
      for (int i = 0; i < count; ++i) {
        take(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
      }
    }
  }

  void report(double seconds) {
    if (latencies_.empty()) die("not one call was measured");
    std::ranges::sort(latencies_);
    const auto at = [&](double share) {
      const auto last = static_cast<double>(latencies_.size() - 1);
      return latencies_[static_cast<std::size_t>(share * last)] / 1e3;
    };
    fmt::print(
        R"({{"all_calls":{},"calls":{},"seconds":{},"errors":{},"p50_us":{:.1f},"p99_us":{:.1f}}})"
        "\n",
        all_calls_, latencies_.size(), seconds, errors_, at(0.5), at(0.99));
  }

 private:
  void send_next(Connection& to) {
    to.id = next_id_++;
    const std::string_view text = request_.with_id(to.id);
    to.sent_at = Clock::now();
    if (send(to.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
      die("the connection broke while sending");
    }
    ++under_way_;
  }

  void take(Connection& from) {
    static std::array<char, std::size_t{256} * 1024> bytes;
    const ssize_t count = recv(from.fd, bytes.data(), bytes.size(), 0);
    if (count <= 0) die("the server closed a connection: " + from.in);
    from.in.append(bytes.data(), static_cast<std::size_t>(count));
    const auto message = bench::first_message(from.in);
    if (!message) return;
    const auto now = Clock::now();
    check(*message, from.id);
    from.in.erase(0, message->size());
    --under_way_;
    ++all_calls_;
    if (from.sent_at >= measure_from_ && now < end_) {
      latencies_.push_back(static_cast<double>((now - from.sent_at).count()));
    }
    if (now < end_) send_next(from);
  }

  void check(const bench::Message& answer, std::uint32_t id) {
    const std::string spelled = fmt::format(R"("id":{})", id);
    const bool events = !bench::field(answer.head, "Transfer-Encoding:").empty();
    const bool right = answer.head.starts_with("HTTP/1.1 200 ") &&
                       events == request_.options().events &&
                       answer.body.find(spelled) != answer.body.npos &&
                       answer.body.find(expected_) != answer.body.npos;
    if (!right && errors_++ == 0) {
      fmt::print(stderr, "bench load: a wrong answer: {}{}\n", answer.head, answer.body);
    }
  }

  Template request_;
  std::string expected_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Clock::time_point measure_from_;
  Clock::time_point end_;
  std::uint32_t next_id_ = 100'000'000;
  std::size_t under_way_ = 0;
  std::uint64_t all_calls_ = 0;
  std::uint64_t errors_ = 0;
  std::vector<double> latencies_;  // nanoseconds
};

std::string text_or_file(std::string_view argument) {
  if (!argument.starts_with('@')) return std::string(argument);
  std::ifstream file{std::string(argument.substr(1))};
  if (!file) die("cannot read the file with the arguments");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  bench::keep_memory();
  if (argc < 7) die("PORT TOOL ARGUMENTS EXPECTED CONNECTIONS SECONDS [--legacy] [--events]");
  Options options;
  for (const std::string_view flag : std::vector<std::string_view>(argv + 7, argv + argc)) {
    if (flag == "--legacy")
      options.legacy = true;
    else if (flag == "--events")
      options.events = true;
    else
      die(fmt::format("no option {}", flag));
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const double seconds = std::atof(argv[6]);
  Load load(port, Template(argv[2], text_or_file(argv[3]), options), argv[4],
            static_cast<std::size_t>(std::atoi(argv[5])));
  load.run(std::chrono::duration<double>(seconds));
  load.report(seconds);
}
