#include "net/sse.h"

#include <gtest/gtest.h>

namespace larkspur::net {
namespace {

struct Brief {
  std::string event, data;
  std::optional<std::string> id;
  std::optional<long> retry;
  bool operator==(const Brief&) const = default;
};

void append(const std::vector<SseEvent>& events, std::vector<Brief>& out) {
  for (const SseEvent& event : events) {
    out.push_back({event.event, event.data, event.id, event.retry_ms});
  }
}

std::vector<Brief> parse(std::initializer_list<std::string_view> pieces) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (const std::string_view piece : pieces) EXPECT_TRUE(parser.feed(piece, events));
  std::vector<Brief> out;
  append(events, out);
  return out;
}

using Events = std::vector<Brief>;

TEST(SseTest, ReadsAMessage) {
  EXPECT_EQ(parse({"data: {\"a\":1}\n\n"}), (Events{{"message", "{\"a\":1}", {}, {}}}));
}

TEST(SseTest, JoinsDataLines) {
  EXPECT_EQ(parse({"data: a\ndata:b\ndata\n\n"}), (Events{{"message", "a\nb\n", {}, {}}}));
}

TEST(SseTest, RemovesOneSpaceOnly) {
  EXPECT_EQ(parse({"data:  x\n\n"}), (Events{{"message", " x", {}, {}}}));
}

TEST(SseTest, ReadsEventIdAndRetry) {
  EXPECT_EQ(parse({"event: endpoint\nid: 7\nretry: 1500\ndata: /m\n\n"}),
            (Events{{"endpoint", "/m", "7", 1500}}));
}

TEST(SseTest, EventFieldsDoNotLeakIntoTheNextEvent) {
  EXPECT_EQ(parse({"event: x\nid: 1\ndata: a\n\ndata: b\n\n"}),
            (Events{{"x", "a", "1", {}}, {"message", "b", {}, {}}}));
}

TEST(SseTest, PrimingEventsArriveWithoutData) {
  EXPECT_EQ(parse({"id: 1\n\nretry: 10\n\nid: 2\ndata:\n\n"}),
            (Events{{"message", "", "1", {}}, {"message", "", {}, 10}, {"message", "", "2", {}}}));
}

TEST(SseTest, IgnoresCommentsUnknownFieldsAndEventsWithoutData) {
  EXPECT_EQ(parse({": keepalive\n\nevent: x\n\nfoo: bar\n\n"}), Events{});
  EXPECT_EQ(parse({kSseKeepAlive}), Events{});
}

TEST(SseTest, IgnoresABadRetryAndAnIdWithNul) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(parse({"retry: 1s\ndata: a\n\n"}), (Events{{"message", "a", {}, {}}}));
  EXPECT_EQ(parse({"retry: 99999999999999999999\ndata: a\n\n"}),
            (Events{{"message", "a", {}, {}}}));
  EXPECT_EQ(parse({"id: a\0b\ndata: a\n\n"sv}), (Events{{"message", "a", {}, {}}}));
}

TEST(SseTest, AnUnfinishedEventIsNotGiven) {
  EXPECT_EQ(parse({"data: a\n"}), Events{});
}

TEST(SseTest, MayBeCutAtEveryByteWithEveryLineEnd) {
  for (const std::string_view end : {"\n", "\r", "\r\n"}) {
    std::string text = "\xEF\xBB\xBF";
    for (const std::string_view line : {"id: 1", "data: a", "data: b", "", ": c", "", "event: e",
                                        "data: \xC3\xA4", "", "retry: 5", "", "data: z", ""}) {
      text.append(line).append(end);
    }
    const Events whole = parse({text});
    ASSERT_EQ(whole.size(), 4u);
    EXPECT_EQ(whole[0], (Brief{"message", "a\nb", "1", {}}));
    const std::string_view view = text;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      EXPECT_EQ(parse({view.substr(0, cut), view.substr(cut)}), whole) << cut;
      EXPECT_EQ(parse({view.substr(0, cut), "", view.substr(cut)}), whole) << cut;
    }
    SseParser parser;
    std::vector<SseEvent> events;
    for (const char c : text) ASSERT_TRUE(parser.feed({&c, 1}, events));
    Events single;
    append(events, single);
    EXPECT_EQ(single, whole);
  }
}

TEST(SseTest, OneLineFeedAtMostBelongsToACarriageReturn) {
  EXPECT_EQ(parse({"data: a\r", "\n", "\n"}), (Events{{"message", "a", {}, {}}}));
}

TEST(SseTest, RefusesAnEventPastTheLimit) {
  std::vector<SseEvent> events;
  SseParser one_line(100);
  EXPECT_TRUE(one_line.feed("data: " + std::string(90, 'x'), events));
  EXPECT_EQ(one_line.feed(std::string(10, 'x'), events).error().code, ErrorCode::kTooLarge);

  SseParser many_lines(100);
  Result<void> result;
  for (int i = 0; i < 20 && result; ++i) result = many_lines.feed("data: 0123456789\n", events);
  EXPECT_FALSE(result);
  EXPECT_TRUE(events.empty());
}

TEST(SseTest, WhatIsWrittenReadsBack) {
  EXPECT_EQ(sse_event("{}", "9"), "event: message\nid: 9\ndata: {}\n\n");
  EXPECT_EQ(parse({sse_event("{\n \"a\": 1\r\n}")}),
            (Events{{"message", "{\n \"a\": 1\n}", {}, {}}}));
}

}  // namespace
}  // namespace larkspur::net
