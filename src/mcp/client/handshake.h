// Which era does a server speak? The probe of mcp 2026-07-28 "versioning", and the handshake of
// either era. A modern server is found by `server/discover`, which every modern server implements;
// anything else that the server itself says leads to `initialize`. What says nothing about the
// server (credentials, outages, redirects) ends the handshake with an error.
#pragma once

#include <expected>

#include "base/async.h"
#include "base/result.h"
#include "mcp/client/connection.h"
#include "mcp/client/outgoing.h"

namespace larkspur::mcp {

enum class Verdict : unsigned char {
  kModern,
  kLegacy,
  kNoEvidence,   // the connection failed; the error of the reply tells why
  kUnsupported,  // modern, but in no version that we speak
};

// What the answer to server/discover says.
Verdict judge_discover(const CallReply& reply);

struct HandshakeOptions {
  SteadyClock::time_point deadline;
  // How long the probe may stay unanswered before initialize is tried on the same connection. Only
  // stdio servers are known to keep silent; over HTTP a timeout is an outage.
  std::chrono::milliseconds probe_silence{0};  // 0: silence is an outage
  bool probe = true;                           // false: go straight to initialize
};

Async<Result<ServerFacts>> shake_hands(Connection& connection, const Stamp& stamp,
                                       HandshakeOptions options);

}  // namespace larkspur::mcp
