// For the tests of this folder: a stand-in for all of Alibaba Cloud's services that answers what
// the test says and remembers what it was asked, and a way to reach it from calls on every loop.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/use_future.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/path/outside_world.h"
#include "net/testing.h"
#include "ops/alibaba/cloud.h"

namespace larkspur::ops::alibaba {

class FakeServices {
 public:
  using Answer = std::function<net::HttpResponse(const net::HttpRequest& request, int count)>;

  // `answer` gets the request and how many came before it; on any loop, one at a time.
  explicit FakeServices(Answer answer)
      : server_([this, answer = std::move(answer)](net::HttpRequest& request,
                                                   net::HttpResponder& responder) -> Async<void> {
          net::HttpResponse response;
          {
            const std::lock_guard lock(mutex_);
            response = answer(request, static_cast<int>(requests_.size()));
            requests_.push_back(request);
          }
          co_await responder.send(std::move(response));
        }) {}

  std::vector<net::HttpRequest> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // Every service is here.
  Endpoints endpoints() {
    const std::string url = server_.url("");
    return {
        .overrides = {{"cs", url}, {"arms", url}, {"sts", url}, {"sls", url}, {"metadata", url}}};
  }
  std::string url(std::string_view path) { return server_.url(path); }

 private:
  std::mutex mutex_;
  std::vector<net::HttpRequest> requests_;
  net::TestServer server_;
};

inline net::HttpResponse json_answer(
    int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  for (auto& [name, value] : headers) response.headers.set(name, value);
  return response;
}

inline Surroundings no_surroundings() {
  return {.environment = [](const std::string&) { return std::optional<std::string>(); },
          .read_file = [](const std::string&) -> Result<std::string> {
            return fail(ErrorCode::kNotFound, "there is no such file");
          }};
}

inline Chain static_chain(std::string token = {}) {
  return {.sources = {{"test", StaticKeys{"LTAI5tTESTtestTESTtest00",
                                          execlog::Secret("testSecretTestSecretTestSecret"),
                                          execlog::Secret(token)}}}};
}

// Two loops with a way out each.
class WayOut {
 public:
  WayOut() {
    for (std::size_t i = 0; i < loops_.get().size(); ++i) {
      http_.push_back(std::make_unique<net::HttpClient>(loops_.get().executor(i)));
    }
  }
  call::Outside& outside() { return outside_; }
  net::BackgroundLoops& loops() { return loops_; }

 private:
  net::BackgroundLoops loops_{2};
  std::vector<std::unique_ptr<net::HttpClient>> http_;
  gateway::OutsideWorld outside_{http_};
};

}  // namespace larkspur::ops::alibaba
