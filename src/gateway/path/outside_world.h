// What call/outside.h promises, done with this process's HTTP clients and children.
#pragma once

#include <memory>
#include <vector>

#include "call/outside.h"
#include "net/http_client.h"

namespace larkspur::gateway {

class OutsideWorld : public call::Outside {
 public:
  // One client for each loop; they outlive this.
  explicit OutsideWorld(std::vector<std::unique_ptr<net::HttpClient>>& http) : http_(http) {}

  Async<Result<call::HttpAnswer>> send(const Key& key, call::CallContext& context,
                                       call::HttpAsk ask) override;
  Async<Result<call::ProcessEnd>> run(const Key& key, call::CallContext& context,
                                      call::ProcessAsk ask) override;

 private:
  std::vector<std::unique_ptr<net::HttpClient>>& http_;
};

}  // namespace larkspur::gateway
