#include "app/kubectl_probe.h"

#include <fmt/format.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "net/child_process.h"

namespace larkspur::app {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxAnswer = 4096;
constexpr auto kPatience = 10s;  // then it goes, and no version is known

Async<Result<std::string>> first_words(std::string program) {
  net::ChildOptions options;
  options.argv = ops::version_command(std::move(program));
  options.env = {{"KUBERC", "off"}};
  auto child = net::ChildProcess::spawn(co_await asio::this_coro::executor, std::move(options));
  if (!child) co_return fail(std::move(child.error()));
  (*child)->close_input();
  std::string said;
  while (said.size() < kMaxAnswer) {
    const auto piece = co_await (*child)->read_some(net::ChildStream::kOut);
    if (!piece || piece->empty()) break;
    said += *piece;
  }
  co_return said;
}

Async<Result<std::string>> first_words_in_time(std::string program) {
  using asio::experimental::awaitable_operators::operator||;
  Timer timer(co_await asio::this_coro::executor, kPatience);
  auto first = co_await (first_words(std::move(program)) || timer.async_wait(kAwait));
  if (first.index() == 0) co_return std::move(std::get<0>(first));
  co_return fail(ErrorCode::kTimeout, "it did not tell its version in time");
}

}  // namespace

Async<void> probe_kubectl(std::string program, std::shared_ptr<ops::InstalledKubectl> installed,
                          telemetry::Log& journal) {
  const auto said = co_await first_words_in_time(program);
  const auto version = said ? ops::read_kubectl_version(*said) : std::nullopt;
  if (!version) {
    journal.write(telemetry::Level::kWarn, "kubectl.missing",
                  {{"program", program},
                   {"message", said ? "it did not tell its version" : said.error().message}});
    co_return;
  }
  const bool old = version->minor < ops::kOldestMinor;
  journal.write(old ? telemetry::Level::kWarn : telemetry::Level::kInfo,
                old ? "kubectl.too_old" : "kubectl.found",
                {{"program", program}, {"version", version->text}});
  installed->tell(*version);
}

}  // namespace larkspur::app
