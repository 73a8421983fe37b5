// Recording: a row is in the mirror and in the outbox, or in neither; what the server could not
// take is refused here.

#include "core/outbox/outbox.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace playmirror {
namespace {

const Timestamp kNoon = Timestamp::parse("2026-01-31T12:00:00Z");

class Recording : public QueryTest {
 protected:
  Recording() {
    mirror_.artists().add({.id = "a1", .name = "Björk", .genres = R"(["art pop"])"});
    mirror_.tracks().add({.id = "t1", .name = "Jóga", .tempo = 96.5}, {"a1"});
  }

  /// The code of the error; the attempt must have left nothing behind.
  template <typename Work>
  ErrorCode refusal(Work work) {
    const auto before = counts();
    try {
      work();
      ADD_FAILURE() << "this was recorded";
      return ErrorCode::internal;
    } catch (const InvalidArgument& error) {
      EXPECT_EQ(counts(), before);
      EXPECT_EQ(error.outcome(), Outcome::unchanged);
      EXPECT_FALSE(error.retryable());
      return error.code();
    }
  }

  [[nodiscard]] std::vector<std::int64_t> counts() const {
    return {mirror_.artists().count(), mirror_.tracks().count(), mirror_.plays().count(),
            mirror_.snapshots().count(), static_cast<std::int64_t>(mirror_.pending().size())};
  }

  [[nodiscard]] outbox::RowImage image_of(const char* table) const {
    auto reader = MirrorAccess::state(mirror_)->reader();
    return outbox::sendable(reader.database(), table, 0, 1000, 100).back().image;
  }
};

TEST_F(Recording, APlayIsThereAtOnce) {
  const NewPlay play{.track_id = "t1",
                     .played_at = kNoon,
                     .listened_ms = 183'000,
                     .skipped = false,
                     .context_uri = "spotify:album:1",
                     .source = "laptop"};
  const Play recorded = mirror_.plays().add(play);
  EXPECT_EQ(recorded, (Play{.id = recorded.id,
                            .track_id = "t1",
                            .played_at = kNoon,
                            .context_uri = "spotify:album:1",
                            .listened_ms = 183'000,
                            .skipped = false,
                            .source = "laptop"}));
  EXPECT_LT(recorded.id, 0);
  EXPECT_EQ(mirror_.plays().find(recorded.id), recorded);
  EXPECT_EQ(mirror_.plays().recent(1).front(), recorded);
  EXPECT_EQ(mirror_.sql("SELECT track_id FROM play_history").columns()[0].text(0), "t1");
  const PendingEntry entry = mirror_.pending().back();
  EXPECT_EQ(entry.table, "play_history");
  EXPECT_EQ(entry.row_id, recorded.id);
  EXPECT_EQ(entry.state, PendingState::queued);
  EXPECT_EQ(image_of("play_history").fields,
            (std::vector<outbox::RowImage::Field>{{"track_id", "t1"},
                                                  {"played_at", "2026-01-31 12:00:00"},
                                                  {"context_uri", "spotify:album:1"},
                                                  {"listened_ms", "183000"},
                                                  {"skipped", "f"},
                                                  {"source", "laptop"}}));
}

TEST_F(Recording, WhatIsLeftOutIsNull) {
  mirror_.plays().add({.track_id = "t1", .played_at = kNoon});
  EXPECT_EQ(*image_of("play_history").find("skipped"), std::nullopt);
  EXPECT_EQ(mirror_.plays().recent(1).front().listened_ms, std::nullopt);
}

TEST_F(Recording, TheFirstOfTwoEqualOnesStays) {
  const Play first = mirror_.plays().add({.track_id = "t1", .played_at = kNoon, .listened_ms = 1});
  EXPECT_EQ(mirror_.plays().add({.track_id = "t1", .played_at = kNoon, .listened_ms = 2}), first);
  const Snapshot snapshot =
      mirror_.snapshots().add({.date = kNoon, .period_label = "a", .model_used = "x"});
  EXPECT_EQ(mirror_.snapshots().add({.date = kNoon, .period_label = "a"}), snapshot);
  EXPECT_NE(mirror_.snapshots().add({.date = kNoon}).id, snapshot.id);
  EXPECT_EQ(mirror_.tracks().add({.id = "t1", .name = "other"}).name, "Jóga");
  EXPECT_EQ(mirror_.artists().add({.id = "a1", .name = "other"}).name, "Björk");
  EXPECT_EQ(counts(), (std::vector<std::int64_t>{1, 1, 1, 2, 5}));
}

TEST_F(Recording, ARowOfTheServerCountsAsTheFirst) {
  execute(
      "INSERT INTO play_history (id, track_id, played_at) "
      "VALUES (9, 't1', '2026-01-31 12:00:00'), (5, 't1', '2026-01-31 12:00:00')");
  EXPECT_EQ(mirror_.plays().add({.track_id = "t1", .played_at = kNoon}).id, 5);
  EXPECT_EQ(mirror_.plays().count(), 2);
}

TEST_F(Recording, ATrackBringsItsCredits) {
  mirror_.artists().add({.id = "a2"});
  mirror_.tracks().add({.id = "t2"}, {"a2", "a1"});
  EXPECT_EQ(image_of("tracks").artist_ids, (std::vector<std::string>{"a2", "a1"}));
  const auto artists = mirror_.tracks().artists("t2");
  ASSERT_EQ(artists.size(), 2U);
  EXPECT_EQ(artists[0].id, "a1");
}

TEST_F(Recording, NumbersTravelExactly) {
  mirror_.tracks().add({.id = "t2",
                        .duration_ms = std::numeric_limits<std::int64_t>::min(),
                        .danceability = 0.1 + 0.2,
                        .energy = std::numeric_limits<double>::denorm_min(),
                        .loudness = -std::numeric_limits<double>::infinity(),
                        .valence = std::numeric_limits<double>::max()});
  const auto image = image_of("tracks");
  EXPECT_EQ(*image.find("duration_ms"), "-9223372036854775808");
  EXPECT_EQ(std::stod(**image.find("danceability")), 0.1 + 0.2);
  EXPECT_EQ(*image.find("energy"), "5e-324");
  EXPECT_EQ(*image.find("loudness"), "-Infinity");
  EXPECT_EQ(mirror_.tracks().find("t2")->valence, std::numeric_limits<double>::max());
  for (const double odd : {std::nan(""), -0.0}) {
    EXPECT_EQ(refusal([&] { mirror_.tracks().add({.id = "t3", .tempo = odd}); }),
              ErrorCode::invalid_argument);
  }
}

TEST_F(Recording, WhatRefersToNothingIsRefused) {
  EXPECT_EQ(refusal([&] { mirror_.plays().add({.track_id = "t2", .played_at = kNoon}); }),
            ErrorCode::unknown_reference);
  EXPECT_EQ(refusal([&] {
              mirror_.tracks().add({.id = "t2"}, {"a1", "a2"});
            }),
            ErrorCode::unknown_reference);
}

TEST_F(Recording, AKeyMustSaySomething) {
  for (const std::string& key : {std::string(), std::string("a\0b", 3), std::string("\xff")}) {
    EXPECT_EQ(refusal([&] { mirror_.plays().add({.track_id = key, .played_at = kNoon}); }),
              ErrorCode::invalid_argument);
    EXPECT_EQ(refusal([&] { mirror_.tracks().add({.id = key}); }), ErrorCode::invalid_argument);
    EXPECT_EQ(refusal([&] { mirror_.artists().add({.id = key}); }), ErrorCode::invalid_argument);
  }
  for (const Timestamp never : {Timestamp::infinity(), Timestamp::negative_infinity()}) {
    EXPECT_EQ(refusal([&] { mirror_.plays().add({.track_id = "t1", .played_at = never}); }),
              ErrorCode::invalid_argument);
    EXPECT_EQ(refusal([&] { mirror_.snapshots().add({.date = never}); }),
              ErrorCode::invalid_argument);
  }
}

TEST_F(Recording, TextThatTheServerCouldNotTakeIsRefused) {
  for (const char* text : {"\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80", "\x80"}) {
    EXPECT_EQ(refusal([&] {
                mirror_.plays().add({.track_id = "t1", .played_at = kNoon, .source = text});
              }),
              ErrorCode::invalid_argument);
  }
  const std::string large((64 << 20) + 1, 'x');
  EXPECT_EQ(refusal([&] { mirror_.tracks().add({.id = "t2", .lyrics = large}); }),
            ErrorCode::value_too_large);
  EXPECT_EQ(mirror_.tracks().add({.id = "t2", .lyrics = large.substr(1)}).lyrics->size(),
            large.size() - 1);
}

TEST_F(Recording, JsonMustBeJson) {
  for (const char* text : {"", "{", "[1,]", "nul", "{} {}", "\"a\nb\""}) {
    EXPECT_EQ(refusal([&] { mirror_.snapshots().add({.date = kNoon, .metrics_payload = text}); }),
              ErrorCode::invalid_argument)
        << text;
  }
  for (const char* text :
       {"{}", " [1, 2.50] ", "null", R"("\u0000\ud800")", "1e400", R"({"a":1,"a":2})"}) {
    const Timestamp date = Timestamp::from_postgres_micros(mirror_.snapshots().count());
    EXPECT_EQ(mirror_.snapshots().add({.date = date, .metrics_payload = text}).metrics_payload,
              text);
  }
}

TEST_F(Recording, TheExtremesOfTimeAreKept) {
  for (const char* text : {"4714-11-24 00:00:00 BC", "0001-12-31 23:59:59.999999 BC",
                           "294276-12-31 23:59:59.999999"}) {
    const Timestamp time = Timestamp::parse_postgres(text);
    EXPECT_EQ(mirror_.plays().add({.track_id = "t1", .played_at = time}).played_at, time);
    EXPECT_EQ(*image_of("play_history").find("played_at"), text);
  }
}

TEST_F(Recording, ThreadsRecordEachPlayOnce) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int second = 0; second < 25; ++second) {
        mirror_.plays().add(
            {.track_id = "t1", .played_at = Timestamp::from_postgres_micros(second * 1'000'000)});
      }
    });
  }
  threads.clear();
  EXPECT_EQ(mirror_.plays().count(), 25);
  EXPECT_EQ(mirror_.pending().size(), 27U);
  std::set<std::int64_t> ids;
  for (const Play& play : mirror_.plays().recent(100)) ids.insert(play.id);
  EXPECT_EQ(ids.size(), 25U);
}

}  // namespace
}  // namespace playmirror
