// How the values of enums are written in the file; schema.h has the keys.
#pragma once

#include <string_view>
#include <tuple>
#include <utility>

#include "config/config.h"

namespace larkspur::config {

// kWords<E>: a tuple of Word.
template <class T>
inline constexpr int kWords = 0;

template <class E>
using Word = std::pair<std::string_view, E>;

template <>
inline constexpr auto kWords<Transport> = std::tuple{
    Word<Transport>{"stdio", Transport::kStdio},
    Word<Transport>{"streamable-http", Transport::kStreamableHttp},
    Word<Transport>{"sse", Transport::kSse},
};

template <>
inline constexpr auto kWords<ConflictStrategy> = std::tuple{
    Word<ConflictStrategy>{"prefix", ConflictStrategy::kPrefix},
    Word<ConflictStrategy>{"priority", ConflictStrategy::kPriority},
    Word<ConflictStrategy>{"manual", ConflictStrategy::kManual},
};

template <>
inline constexpr auto kWords<Overflow> = std::tuple{
    Word<Overflow>{"wait", Overflow::kWait},
    Word<Overflow>{"drop", Overflow::kDrop},
};

template <>
inline constexpr auto kWords<Capture> = std::tuple{
    Word<Capture>{"none", Capture::kNone},
    Word<Capture>{"digest", Capture::kDigest},
    Word<Capture>{"full", Capture::kFull},
};

template <>
inline constexpr auto kWords<Durability> = std::tuple{
    Word<Durability>{"async", Durability::kAsync},
    Word<Durability>{"before_reply", Durability::kBeforeReply},
};

template <>
inline constexpr auto kWords<WhenUnwritable> = std::tuple{
    Word<WhenUnwritable>{"closed", WhenUnwritable::kClosed},
    Word<WhenUnwritable>{"open", WhenUnwritable::kOpen},
};

template <>
inline constexpr auto kWords<LogApi> = std::tuple{
    Word<LogApi>{"auto", LogApi::kAuto},
    Word<LogApi>{"off", LogApi::kOff},
    Word<LogApi>{"loopback", LogApi::kLoopback},
    Word<LogApi>{"any", LogApi::kAny},
};

template <>
inline constexpr auto kWords<LogTool> = std::tuple{
    Word<LogTool>{"off", LogTool::kOff},
    Word<LogTool>{"own", LogTool::kOwn},
    Word<LogTool>{"all", LogTool::kAll},
};

template <>
inline constexpr auto kWords<InResult> = std::tuple{
    Word<InResult>{"off", InResult::kOff},   Word<InResult>{"onRequest", InResult::kOnRequest},
    Word<InResult>{"meta", InResult::kMeta}, Word<InResult>{"structured", InResult::kStructured},
    Word<InResult>{"both", InResult::kBoth},
};

template <>
inline constexpr auto kWords<KubeconfigMode> = std::tuple{
    Word<KubeconfigMode>{"LOCAL", KubeconfigMode::kLocal},
    Word<KubeconfigMode>{"INCLUSTER", KubeconfigMode::kInCluster},
    Word<KubeconfigMode>{"ACK_PUBLIC", KubeconfigMode::kAckPublic},
    Word<KubeconfigMode>{"ACK_PRIVATE", KubeconfigMode::kAckPrivate},
};

template <>
inline constexpr auto kWords<PrometheusMode> = std::tuple{
    Word<PrometheusMode>{"LOCAL", PrometheusMode::kLocal},
    Word<PrometheusMode>{"ARMS_PUBLIC", PrometheusMode::kArmsPublic},
    Word<PrometheusMode>{"ARMS_PRIVATE", PrometheusMode::kArmsPrivate},
};

template <>
inline constexpr auto kWords<PrometheusAuth> = std::tuple{
    Word<PrometheusAuth>{"none", PrometheusAuth::kNone},
    Word<PrometheusAuth>{"token", PrometheusAuth::kToken},
    Word<PrometheusAuth>{"basic", PrometheusAuth::kBasic},
    Word<PrometheusAuth>{"ram", PrometheusAuth::kRam},
};

template <>
inline constexpr auto kWords<OAuthGrant> = std::tuple{
    Word<OAuthGrant>{"none", OAuthGrant::kNone},
    Word<OAuthGrant>{"authorization_code", OAuthGrant::kAuthorizationCode},
    Word<OAuthGrant>{"client_credentials", OAuthGrant::kClientCredentials},
};

}  // namespace larkspur::config
