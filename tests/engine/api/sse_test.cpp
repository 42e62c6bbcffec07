#include "engine/api/sse.h"

#include <gtest/gtest.h>

namespace diptych::api {
namespace {

TEST(Sse, WhatIsWrittenIsReadInPiecesOfAnySize) {
  std::string stream;
  const std::vector<SseEvent> events{
      {"1-1", "answer_grew", "{\"text\":\"a\"}"}, {"", "message", "two\nlines\n"}, {"x", "e", ""}};
  for (const SseEvent& event : events) {
    write_event(stream, event.id, event.type == "message" ? "" : event.type, event.data);
    stream += ": keep-alive\n\n";
  }
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    SseParser parser;
    std::vector<SseEvent> read;
    for (size_t at = 0; at < stream.size(); at += piece) {
      for (SseEvent& event : parser.feed(std::string_view(stream).substr(at, piece))) read.push_back(event);
    }
    ASSERT_EQ(read, events) << "in pieces of " << piece;
  }
}

TEST(Sse, EveryLineEndingIsUnderstood) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    SseParser parser;
    const auto read = parser.feed("data:x" + end + "id" + end + "data: y" + end + end + "data: z" + end + end);
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].data, "x\ny");
    EXPECT_EQ(read[1].data, "z");
  }
}

TEST(Sse, AnIdAloneIsRememberedAndNoEvent) {
  SseParser parser;
  EXPECT_TRUE(parser.feed(": open\nid: r-7\n\n").empty());
  EXPECT_EQ(parser.last_id(), "r-7");
  EXPECT_EQ(parser.feed("event: grew\ndata: {}\n\n").size(), 1u);
  EXPECT_EQ(parser.last_id(), "r-7");
}

TEST(Sse, AnEventWithoutDataIsNone) {
  SseParser parser;
  EXPECT_TRUE(parser.feed("event: lonely\n\n").empty());
  EXPECT_EQ(parser.feed("data: x\n\n").at(0).type, "message");
}

}  // namespace
}  // namespace diptych::api
