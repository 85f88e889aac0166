// An MCP server that costs next to nothing: one thread, epoll, answers made of text. It speaks as
// much of 2026-07-28, or with --legacy of 2025-11-25, as a gateway needs, and takes what is posted
// to other paths (OTLP exports) with an empty 200. Who gives a progress token gets an event stream:
// one report, then the result. Prints the port that it listens on.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http_text.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono_literals::operator""ms;

constexpr auto kSlowness = 10ms;  // of the tool `slow`
constexpr int kIssues = 30;

constexpr std::string_view kTools = R"([
{"name":"answer","description":"An answer of about 300 bytes.","inputSchema":{"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"integer"}}}},
{"name":"answer_4k","description":"4 KiB of text.","inputSchema":{"type":"object"}},
{"name":"answer_64k","description":"64 KiB of text.","inputSchema":{"type":"object"}},
{"name":"answer_1m","description":"1 MiB of text.","inputSchema":{"type":"object"}},
{"name":"slow","description":"Answers after 10 ms.","inputSchema":{"type":"object"}},
{"name":"list_issues","description":"All issues.","inputSchema":{"type":"object"}},
{"name":"get_issue","description":"One issue.","inputSchema":{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}}])";

constexpr std::string_view kDiscovered =
    R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},)"
    R"("ttlMs":0,"cacheScope":"private",)"
    R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"bench","version":"1"}}})";

constexpr std::string_view kInitialized =
    R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},)"
    R"("serverInfo":{"name":"bench","version":"1"}})";

constexpr std::string_view kAnswer =
    R"({"resultType":"complete","content":[{"type":"text","text":"payments-7d9f: 3 of 3 replicas )"
    R"(ready, image registry.example/payments:4.18.2, restarted 0 times in the last 24 hours, )"
    R"(p99 latency 182 ms, error rate 0.02 %"}],"isError":false,)"
    R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"bench","version":"1"}}})";

// Lines of a log, as tools give them back, `size` bytes of JSON.
std::string lines(std::size_t size) {
  constexpr std::string_view kLine =
      R"(2026-11-20T09:14:07.412Z info payments-7d9f \"GET /v1/charges/ch_3Pq\" 200 18 ms\n)";
  std::string text;
  while (text.size() < size) text += kLine;
  return R"({"resultType":"complete","content":[{"type":"text","text":"payments:4.18.2\n)" + text +
         R"("}],"isError":false})";
}

const std::string& large(std::string_view tool) {
  static const std::string k4 = lines(4 << 10), k64 = lines(64 << 10), k1024 = lines(1 << 20);
  return tool == R"("answer_4k")" ? k4 : tool == R"("answer_64k")" ? k64 : k1024;
}

std::string structured(const std::string& value) {
  return fmt::format(R"({{"resultType":"complete","content":[],"structuredContent":{}}})", value);
}

std::string issues() {
  std::string list;
  for (int i = 0; i < kIssues; ++i) {
    list += fmt::format(
        R"({}{{"id":{},"title":"Issue {}","state":"{}","labels":["bug","p{}"],"comments":{}}})",
        i == 0 ? "" : ",", i, i, i % 3 == 0 ? "closed" : "open", i % 4, i * 7 % 11);
  }
  return structured(R"({"result":[)" + list + "]}");
}

std::string issue(std::string_view arguments) {
  int id = 0;
  const std::string_view text = bench::scalar_after(arguments, R"("arguments":{"id":)");
  std::from_chars(text.data(), text.data() + text.size(), id);
  return structured(
      fmt::format(R"({{"id":{},"body":"Body of issue {} with some words","assignee":"user{}"}})",
                  id, id, id % 5));
}

std::string reply(std::string_view id, std::string_view result) {
  std::string text = fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":)", id);
  text.reserve(text.size() + result.size() + 1);
  text += result;
  text += '}';
  return text;
}

std::string http(std::string_view status, std::string_view body, std::string_view more = "") {
  std::string text =
      fmt::format("HTTP/1.1 {}\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n",
                  status, more, body.size());
  text.reserve(text.size() + body.size());
  return text += body;
}

std::string chunk(std::string_view message) {
  const std::string event = fmt::format("event: message\ndata: {}\n\n", message);
  return fmt::format("{:x}\r\n{}\r\n", event.size(), event);
}

// A report of the progress and then `message`, as servers stream them.
std::string events(std::string_view token, std::string_view message) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
         "Transfer-Encoding: chunked\r\n\r\n" +
         chunk(fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/progress","params":)"
                           R"({{"progressToken":{},"progress":1,"total":2}}}})",
                           token)) +
         chunk(message) + "0\r\n\r\n";
}

std::string result_for(std::string_view request) {
  const std::string_view method = bench::scalar_after(request, R"("method":)");
  if (method == R"("server/discover")") return std::string(kDiscovered);
  if (method == R"("tools/list")") {
    return fmt::format(R"({{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":{}}})",
                       kTools);
  }
  const std::string_view tool = bench::scalar_after(request, R"("name":)");
  if (tool == R"("list_issues")") return issues();
  if (tool == R"("get_issue")") return issue(request);
  if (tool.starts_with(R"("answer_)")) return large(tool);
  return std::string(kAnswer);
}

struct Peer {
  explicit Peer(int socket) : fd(socket) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(fd); }

  const int fd;
  std::string in;
};

class Backend {
 public:
  explicit Backend(bool legacy)
      : legacy_(legacy), epoll_(epoll_create1(0)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, any, size) != 0 || listen(listener_, SOMAXCONN) != 0 ||
        getsockname(listener_, any, &size) != 0) {
      std::perror("bench backend: cannot listen");
      std::exit(1);
    }
    watch(listener_);
    fmt::print("{}\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), milliseconds_to_wait());
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        fd == listener_ ? accept_one() : read_from(fd);
      }
      answer_slow_ones();
    }
  }

 private:
  struct Late {
    Clock::time_point when;
    std::weak_ptr<Peer> peer;
    std::string answer;
  };

  void watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, 0);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peers_[fd] = std::make_shared<Peer>(fd);
    watch(fd);
  }

  void read_from(int fd) {
    const auto peer = peers_.at(fd);
    std::array<char, 65536> bytes;
    const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
    if (count <= 0) {
      peers_.erase(fd);
      return;
    }
    peer->in.append(bytes.data(), static_cast<std::size_t>(count));
    while (const auto message = bench::first_message(peer->in)) {
      answer(peer, *message);
      peer->in.erase(0, message->size());
    }
  }

  void answer(const std::shared_ptr<Peer>& peer, const bench::Message& message) {
    const std::string_view id = bench::scalar_after(message.body, R"("id":)");
    if (message.head.starts_with("GET")) return send_all(*peer, http("405 Method Not Allowed", ""));
    if (!message.head.starts_with("POST /mcp")) return send_all(*peer, http("200 OK", ""));
    if (id.empty()) return send_all(*peer, http("202 Accepted", ""));
    std::string text = answer_to(message.body, id);
    if (message.body.find(R"("name":"slow")") == message.body.npos) return send_all(*peer, text);
    late_.push_back({Clock::now() + kSlowness, peer, std::move(text)});
  }

  std::string answer_to(std::string_view request, std::string_view id) const {
    const std::string_view method = bench::scalar_after(request, R"("method":)");
    if (legacy_ && method == R"("server/discover")") return http("400 Bad Request", "");
    if (method == R"("initialize")")
      return http("200 OK", reply(id, kInitialized), "Mcp-Session-Id: bench\r\n");
    const std::string_view token = bench::scalar_after(request, R"("progressToken":)");
    const std::string message = reply(id, result_for(request));
    return token.empty() ? http("200 OK", message) : events(token, message);
  }

  // A blocking socket takes an answer whole.
  static void send_all(const Peer& peer, std::string_view text) {
    if (send(peer.fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) shutdown(peer.fd, SHUT_RDWR);
  }

  int milliseconds_to_wait() const {
    if (late_.empty()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(late_.front().when - Clock::now());
    return static_cast<int>(std::max(left.count(), std::int64_t{0}));
  }

  void answer_slow_ones() {
    for (; !late_.empty() && late_.front().when <= Clock::now(); late_.pop_front()) {
      if (const auto peer = late_.front().peer.lock()) send_all(*peer, late_.front().answer);
    }
  }

  bool legacy_;
  int epoll_;
  int listener_;
  std::unordered_map<int, std::shared_ptr<Peer>> peers_;
  std::deque<Late> late_;  // all are equally slow, so they are due in this order
};

}  // namespace

int main(int argc, char** argv) {
  bench::keep_memory();
  Backend(argc > 1 && std::string_view(argv[1]) == "--legacy").run();
}
