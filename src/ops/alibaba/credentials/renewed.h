// Credentials that are renewed before they expire, once for however many calls want them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "ops/alibaba/credentials/fetch.h"

namespace larkspur::ops::alibaba {

// Thread rule: every loop at once. The lock is held for pointers only, never across a wait.
class Renewed {
 public:
  // Tries the chain's sources in order. What `parts` refers to outlives this.
  Renewed(Chain chain, FetchParts parts) : chain_(std::move(chain)), parts_(std::move(parts)) {}

  // What is at hand, while it has a good while to live. Near its end (15 minutes, or a quarter of
  // its life where that is less) one call renews it and the others go on with the old one; once it
  // has expired, or where there is none yet, they wait for that one call, and share its failure.
  Async<CredentialsReply> get(call::CallContext& context);

 private:
  struct Flight;
  class Landing;

  Async<CredentialsReply> try_all(call::CallContext& context) const;

  Chain chain_;
  FetchParts parts_;
  std::mutex mutex_;
  CredentialsPtr current_;
  EpochMs renew_at_ = 0;
  std::shared_ptr<Flight> flight_;  // the renewal on its way, if there is one
};

}  // namespace larkspur::ops::alibaba
