// The outbox: what an entry says survives, damage to it is found, and each step of a push leaves it
// in the state that the next one needs.

#include "core/outbox/outbox.hpp"

#include "core/outbox/deliverer.hpp"
#include "core/outbox/handles.hpp"
#include "core/outbox/requeue.hpp"
#include "tests/cpp/core/query_fixture.hpp"
#include "tests/cpp/support/older_format.hpp"

#include <playmirror/error.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::outbox {
namespace {

const RowImage kImage{
    .fields = {{"track_id", "t1"}, {"empty", ""}, {"null", std::nullopt}, {"text", "Jóga\n\"\\ 🎷"}},
    .artist_ids = {"a1", ""}};

template <typename Work>
std::optional<ErrorCode> failure_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_FALSE(error.hint().empty()) << error.what();
    return error.code();
  }
  return std::nullopt;
}

TEST(RowImage, SurvivesItsEncoding) {
  EXPECT_EQ(decode(encode(kImage)), kImage);
  EXPECT_EQ(decode(encode({})), RowImage{});
  EXPECT_EQ(*kImage.find("text"), "Jóga\n\"\\ 🎷");
  EXPECT_EQ(*kImage.find("null"), std::nullopt);
  EXPECT_EQ(kImage.find("no such column"), nullptr);
}

TEST(RowImage, CutShortOrProlongedItIsRefused) {
  const std::string bytes = encode(kImage);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(failure_of([&] { static_cast<void>(decode(bytes.substr(0, size))); }),
              ErrorCode::damaged)
        << size;
  }
  EXPECT_EQ(failure_of([&] { static_cast<void>(decode(bytes + '\0')); }), ErrorCode::damaged);
  EXPECT_EQ(failure_of([&] { static_cast<void>(decode('\2' + bytes.substr(1))); }),
            ErrorCode::damaged);
}

TEST(Checksum, FindsEveryFlippedBit) {
  const std::string image = encode(kImage);
  const std::int64_t right = checksum("play_history", "id", -7, "2026-01-31 06:00:00", image);
  for (std::size_t bit = 0; bit < image.size() * 8; ++bit) {
    std::string flipped = image;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(checksum("play_history", "id", -7, "2026-01-31 06:00:00", flipped), right) << bit;
  }
}

TEST(Checksum, KeepsItsPartsApart) {
  const std::int64_t right = checksum("tracks", "ab", 1, "c", "d");
  EXPECT_NE(checksum("tracksa", "b", 1, "c", "d"), right);
  EXPECT_NE(checksum("tracks", "a", 1, "bc", "d"), right);
  EXPECT_NE(checksum("tracks", "ab", 1, "cd", ""), right);
  EXPECT_NE(checksum("tracks", "ab", -1, "c", "d"), right);
  EXPECT_EQ(checksum("tracks", "ab", 1, "c", "d"), right);
}

TEST(Identity, KeepsDifferentRowsApart) {
  EXPECT_EQ(play_identity("t", "2026"), play_identity("t", "2026"));
  EXPECT_NE(play_identity("6t", "202"), play_identity("t", "2026"));
  EXPECT_NE(snapshot_identity("d", std::nullopt), snapshot_identity("d", ""));
  EXPECT_NE(snapshot_identity("d", ""), snapshot_identity("d", "="));
}

class Outbox : public QueryTest {
 protected:
  Outbox() {
    execute("INSERT INTO artists (id) VALUES ('a1'); INSERT INTO tracks (id) VALUES ('t1')");
  }

  template <typename Work>
  auto write(Work work) {
    std::optional<decltype(work(std::declval<sqlite::Database&>()))> result;
    MirrorAccess::state(mirror_)->write(
        [&](sqlite::Database& database) { result.emplace(work(database)); });
    return *std::move(result);
  }

  void change(const std::function<void(sqlite::Database&)>& work) {
    MirrorAccess::state(mirror_)->write(work);
  }

  std::int64_t add_play(const std::string& day) {
    const Timestamp at = Timestamp::parse_postgres(day + " 06:00:00");
    mirror_.plays().add({.track_id = "t1", .played_at = at});
    return mirror_.pending().back().entry;
  }

  std::vector<Entry> sendable_plays(std::int64_t after = 0, std::int64_t limit = 100) {
    auto reader = MirrorAccess::state(mirror_)->reader();
    return sendable(reader.database(), "play_history", after, newest(reader.database()), limit);
  }

  static std::vector<std::int64_t> numbers(const std::vector<Entry>& entries) {
    std::vector<std::int64_t> numbers;
    for (const Entry& entry : entries) numbers.push_back(entry.entry);
    return numbers;
  }

  [[nodiscard]] PendingEntry entry(std::int64_t number) const {
    for (const PendingEntry& entry : mirror_.pending()) {
      if (entry.entry == number) return entry;
    }
    ADD_FAILURE() << "no entry " << number;
    return {};
  }

  std::int64_t begin(const std::vector<std::pair<std::int64_t, std::int64_t>>& offered) {
    return write([&](sqlite::Database& database) {
      return begin_push(database, {.xid = 700, .backend_pid = 9, .database = "music"}, offered);
    });
  }

  void deliver(const Entry& entry, std::int64_t server_id) {
    change([&](sqlite::Database& database) { Deliverer(database).deliver(entry, server_id); });
  }
};

TEST_F(Outbox, OffersQueuedAndWaitingEntriesInOrder) {
  const std::int64_t first = add_play("2026-01-03");
  const std::int64_t second = add_play("2026-01-01");
  const std::int64_t third = add_play("2026-01-02");
  EXPECT_EQ(numbers(sendable_plays()), (std::vector{first, second, third}));
  EXPECT_EQ(numbers(sendable_plays(first)), (std::vector{second, third}));
  EXPECT_EQ(numbers(sendable_plays(0, 2)), (std::vector{first, second}));
  {
    auto reader = MirrorAccess::state(mirror_)->reader();
    EXPECT_EQ(newest(reader.database()), third);
    EXPECT_EQ(numbers(sendable(reader.database(), "play_history", first, second, 100)),
              std::vector{second});
  }
  change([&](sqlite::Database& database) {
    set_aside(database, first, PendingState::rejected, {"23514", "sane", "no"});
    set_aside(database, second, PendingState::waiting, {"23503", "", "its track"});
  });
  EXPECT_EQ(numbers(sendable_plays()), (std::vector{second, third}));
  EXPECT_EQ(sendable_plays().front().state, PendingState::waiting);
}

TEST_F(Outbox, AnOlderFileGetsThePresentIdentities) {
  const std::int64_t number = add_play("2026-01-01");
  add_play("2026-01-02");
  change([](sqlite::Database& database) {
    auto row = database.prepare("SELECT row_id, recorded_at, image FROM playmirror_outbox LIMIT 1");
    ASSERT_TRUE(row.step());
    const std::string old = std::string("t1\x1f") + "2026-01-01 06:00:00";
    database.prepare("UPDATE playmirror_outbox SET identity = ?, checksum = ? WHERE row_id = ?")
        .bind_all(old, checksum("play_history", old, row.integer(0), row.text(1), row.blob(2)),
                  row.integer(0))
        .run();
  });
  // A damaged one is nobody's business but verify()'s.
  execute("UPDATE playmirror_outbox SET identity = 'x' WHERE entry <> " + std::to_string(number));
  test::reopen_as(mirror_, {test::kMakeFormat4, test::kMakeFormat3, "PRAGMA user_version = 2"});
  EXPECT_EQ(mirror_.pending().front().key, "t1 at 2026-01-01T06:00:00Z");
  auto reader = MirrorAccess::state(mirror_)->reader();
  EXPECT_EQ(sendable(reader.database(), "play_history", 0, number, 9).front().identity,
            play_identity("t1", "2026-01-01 06:00:00"));
  EXPECT_EQ(verify(reader.database()).damaged.size(), 1U);
  EXPECT_EQ(reader->query_int("SELECT count(*) FROM playmirror_outbox WHERE identity = 'x'"), 1);
}

TEST_F(Outbox, AnOlderFileKeepsWhatIsInDoubtAndItsHandles) {
  for (const char* day : {"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"}) {
    add_play(day);
  }
  const std::vector<Entry> entries = sendable_plays();
  change([&](sqlite::Database& database) {
    Deliverer(database).deliver({{&entries[0], 11}, {&entries[1], 12}});
  });
  const std::int64_t push = begin({{entries[2].entry, 13}, {entries[3].entry, 14}});
  test::reopen_as(mirror_, {test::kMakeFormat4, test::kMakeFormat3});
  EXPECT_EQ(mirror_.plays().find(entries[0].row_id)->id, 11);
  EXPECT_EQ(mirror_.plays().find(entries[1].row_id)->id, 12);
  EXPECT_EQ(entry(entries[2].entry).state, PendingState::in_doubt);
  EXPECT_EQ(entry(entries[2].entry).attempts, 1);
  EXPECT_EQ(entry(entries[4].entry).state, PendingState::queued);
  change([&](sqlite::Database& database) { end_push(database, push); });
  const std::vector<Entry> again = sendable_plays();
  ASSERT_EQ(again.size(), 3U);
  EXPECT_EQ(again[0].offered_id, 13);
  EXPECT_EQ(again[1].offered_id, 14);
  EXPECT_EQ(again[2].offered_id, 0);
}

TEST_F(Outbox, HandlesOfARunLeadEachToItsRow) {
  for (const char* day : {"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"}) add_play(day);
  const std::vector<Entry> entries = sendable_plays();
  change([&](sqlite::Database& database) {
    // The third is no neighbour of the others, for another device was between.
    Deliverer(database).deliver(
        {{&entries[0], 41}, {&entries[1], 42}, {&entries[2], 50}, {&entries[3], 51}});
  });
  const auto leads_to = [&](std::size_t i) {
    auto reader = MirrorAccess::state(mirror_)->reader();
    return delivered_as(reader.database(), "play_history", entries[i].row_id).value_or(0);
  };
  EXPECT_EQ((std::vector{leads_to(0), leads_to(1), leads_to(2), leads_to(3)}),
            (std::vector<std::int64_t>{41, 42, 50, 51}));
  {
    auto reader = MirrorAccess::state(mirror_)->reader();
    EXPECT_EQ(reader->query_int("SELECT count(*) FROM playmirror_delivered"), 2);
    EXPECT_EQ(delivered_as(reader.database(), "play_history", entries[0].row_id + 1), std::nullopt);
    EXPECT_EQ(delivered_as(reader.database(), "play_history", entries[3].row_id - 1), std::nullopt);
    EXPECT_EQ(delivered_as(reader.database(), "analysis_snapshots", entries[0].row_id),
              std::nullopt);
    const DeliveredRows rows(reader.database(), "play_history");
    for (const std::int64_t id : {41, 42, 50, 51}) EXPECT_TRUE(rows.contains(id)) << id;
    for (const std::int64_t id : {-7, 0, 40, 43, 49, 52}) EXPECT_FALSE(rows.contains(id)) << id;
  }
  change([&](sqlite::Database& database) {
    redirect(database, "play_history", {entries[1].row_id, 42}, -3);
    redirect(database, "play_history", {entries[2].row_id, 50}, -4);
  });
  EXPECT_EQ((std::vector{leads_to(0), leads_to(1), leads_to(2), leads_to(3)}),
            (std::vector<std::int64_t>{41, -3, -4, 51}));
  auto reader = MirrorAccess::state(mirror_)->reader();
  const auto all = all_delivered(reader.database(), "play_history");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].provisional_id, entries[1].row_id);
  EXPECT_EQ(all[1].server_id, -3);
}

TEST_F(Outbox, TakesOutAllAtOnceAndNoOther) {
  const auto add_many = [&](const std::string& day) {
    for (int minute = 10; minute < 50; ++minute) {
      const std::string at = day + " 00:" + std::to_string(minute) + ":00";
      mirror_.plays().add({.track_id = "t1", .played_at = Timestamp::parse_postgres(at)});
    }
  };
  const auto deliver_from = [&](const std::vector<Entry>& entries, std::int64_t id) {
    std::vector<Arrival> arrivals;
    for (const Entry& entry : entries) arrivals.emplace_back(&entry, id++);
    change([&](sqlite::Database& database) {
      Deliverer(database).deliver(arrivals);
      // The columns and the digests still hear of what is written.
      database.execute("UPDATE play_history SET source = 'seen' WHERE id = 100");
    });
  };
  add_many("2026-01-01");
  deliver_from(sendable_plays(), 100);
  EXPECT_TRUE(mirror_.pending().empty());
  EXPECT_EQ(mirror_.plays().find(100)->source, "seen");
  EXPECT_TRUE(mirror_.verify().ok);

  add_many("2026-01-02");
  const auto entries = sendable_plays();
  mirror_.discard(entries[7].entry);  // by another process, while they were on their way
  mirror_.plays().add(
      {.track_id = "t1", .played_at = Timestamp::parse_postgres("2026-02-01 00:00:00")});
  deliver_from(entries, 200);
  ASSERT_EQ(mirror_.pending().size(), 1U);
  EXPECT_EQ(mirror_.pending().front().entry, entries.back().entry + 1);
  EXPECT_TRUE(mirror_.verify().ok);
}

TEST_F(Outbox, HandlesThatMakeNoSenseAreDamage) {
  for (const char* row : {"-7, 3, 0", "-7, 3, -1", "-7, 3, 4611686018427387904", "7, 3, 1",
                          "-7, 9223372036854775807, 2", "-9223372036854775807, 3, 5"}) {
    execute("DELETE FROM playmirror_delivered");
    execute(std::string("INSERT INTO playmirror_delivered VALUES ('play_history', ") + row + ")");
    auto reader = MirrorAccess::state(mirror_)->reader();
    EXPECT_EQ(
        failure_of([&] { static_cast<void>(all_delivered(reader.database(), "play_history")); }),
        ErrorCode::damaged)
        << row;
    EXPECT_EQ(failure_of([&] { const DeliveredRows rows(reader.database(), "play_history"); }),
              ErrorCode::damaged)
        << row;
  }
}

TEST_F(Outbox, TellsAndForgetsWhyAnEntryWasSetAside) {
  const std::int64_t number = add_play("2026-01-01");
  change([&](sqlite::Database& database) {
    set_aside(database, number, PendingState::rejected, {"23514", "sane", "no"});
  });
  PendingEntry told = entry(number);
  EXPECT_EQ(told.state, PendingState::rejected);
  EXPECT_EQ(told.sqlstate + told.constraint + told.message, "23514saneno");
  EXPECT_EQ(told.attempts, 1);
  EXPECT_EQ(mirror_.retry(number), 1);
  told = entry(number);
  EXPECT_EQ(told.state, PendingState::queued);
  EXPECT_EQ(told.sqlstate + told.constraint + told.message, "");
  EXPECT_EQ(told.attempts, 1);
  EXPECT_EQ(mirror_.retry(), 0);
}

TEST_F(Outbox, APushThatEndsInDoubtGivesItsEntriesBack) {
  const std::int64_t first = add_play("2026-01-01");
  const std::int64_t second = add_play("2026-01-02");
  const std::int64_t push = begin({{first, 41}});
  EXPECT_EQ(entry(first).state, PendingState::in_doubt);
  EXPECT_EQ(numbers(sendable_plays()), std::vector{second});
  EXPECT_EQ(mirror_.status().in_doubt, 1);
  EXPECT_EQ(failure_of([&] { mirror_.discard(first); }), ErrorCode::invalid_argument);
  {
    auto reader = MirrorAccess::state(mirror_)->reader();
    const auto pushes = unfinished_pushes(reader.database());
    ASSERT_EQ(pushes.size(), 1U);
    EXPECT_EQ(pushes[0].push, push);
    EXPECT_EQ(pushes[0].xid, 700);
    EXPECT_EQ(pushes[0].database, "music");
  }
  change([&](sqlite::Database& database) { end_push(database, push); });
  EXPECT_EQ(numbers(sendable_plays()), (std::vector{first, second}));
  EXPECT_EQ(sendable_plays().front().offered_id, 41);
  EXPECT_TRUE(unfinished_pushes(MirrorAccess::state(mirror_)->reader().database()).empty());
}

TEST_F(Outbox, ADeliveredRowKeepsItsOldHandle) {
  add_play("2026-01-01");
  const Entry entry = sendable_plays().front();
  deliver(entry, 12);
  EXPECT_TRUE(mirror_.pending().empty());
  ASSERT_TRUE(mirror_.plays().find(entry.row_id));
  EXPECT_EQ(mirror_.plays().find(entry.row_id)->id, 12);
  EXPECT_EQ(mirror_.plays().count(), 1);
}

TEST_F(Outbox, ARowThatAPullHasBroughtAlreadyIsNotDoubled) {
  add_play("2026-01-01");
  const Entry entry = sendable_plays().front();
  execute("INSERT INTO play_history (id, track_id, source) VALUES (12, 't1', 'server')");
  deliver(entry, 12);
  EXPECT_EQ(mirror_.plays().count(), 1);
  EXPECT_EQ(mirror_.plays().find(entry.row_id)->source, "server");
}

TEST_F(Outbox, DeliveredRowsCanBeOfferedAgain) {
  const Play play =
      mirror_.plays().add({.track_id = "t1",
                           .played_at = Timestamp::parse_postgres("2026-01-01 06:00:00.25"),
                           .listened_ms = 5,
                           .skipped = false});
  const RowImage before = sendable_plays().front().image;
  deliver(sendable_plays().front(), 12);
  change([](sqlite::Database& database) { requeue_delivered(database); });
  const Entry again = sendable_plays().front();
  EXPECT_EQ(again.identity, play_identity("t1", "2026-01-01 06:00:00.25"));
  EXPECT_EQ(again.image, before);
  EXPECT_LT(again.row_id, play.id);
  EXPECT_EQ(mirror_.plays().find(play.id)->id, again.row_id);
  deliver(again, 36);
  EXPECT_EQ(mirror_.plays().find(play.id)->id, 36);
  EXPECT_EQ(mirror_.plays().find(again.row_id)->id, 36);
  EXPECT_EQ(mirror_.plays().count(), 1);
}

TEST_F(Outbox, DiscardTakesTheRowAlong) {
  const std::int64_t number = add_play("2026-01-01");
  mirror_.discard(number);
  EXPECT_EQ(mirror_.plays().count(), 0);
  EXPECT_TRUE(mirror_.pending().empty());
  EXPECT_EQ(failure_of([&] { mirror_.discard(number); }), ErrorCode::invalid_argument);
  EXPECT_EQ(failure_of([&] { mirror_.retry(number); }), ErrorCode::invalid_argument);
}

TEST_F(Outbox, WhatAnotherPendingRowNeedsCannotBeDiscarded) {
  mirror_.artists().add({.id = "a2"});
  mirror_.tracks().add({.id = "t2"}, {"a1", "a2"});
  mirror_.plays().add({.track_id = "t2", .played_at = Timestamp()});
  const auto pending = mirror_.pending();
  ASSERT_EQ(pending.size(), 3U);
  for (const std::size_t needed : {0, 1}) {
    EXPECT_EQ(failure_of([&] { mirror_.discard(pending[needed].entry); }),
              ErrorCode::invalid_argument);
  }
  for (const std::size_t in_order : {2, 1, 0}) mirror_.discard(pending[in_order].entry);
  EXPECT_TRUE(mirror_.pending().empty());
  EXPECT_FALSE(mirror_.tracks().find("t2"));
  EXPECT_FALSE(mirror_.artists().find("a2"));
  EXPECT_TRUE(mirror_.artists().find("a1"));
}

TEST_F(Outbox, NoProvisionalIdIsGivenTwice) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(write([](sqlite::Database& database) { return next_provisional_id(database); }));
  }
  mirror_.close();
  mirror_ = Mirror::open(directory_ / "music.db");
  ids.push_back(write([](sqlite::Database& database) { return next_provisional_id(database); }));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_LT(ids[i], std::int64_t{-2147483648});
    if (i > 0) {
      EXPECT_LT(ids[i], ids[i - 1]);
    }
  }
}

/// Each thing that an entry says, changed behind playmirror's back.
class DamagedOutbox : public Outbox, public testing::WithParamInterface<const char*> {};

TEST_P(DamagedOutbox, IsFoundAndNeverSent) {
  const std::int64_t number = add_play("2026-01-01");
  ASSERT_TRUE(mirror_.verify().ok);
  execute("UPDATE playmirror_outbox SET " + std::string(GetParam()));
  const FileReport report = mirror_.verify();
  EXPECT_FALSE(report.ok);
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_NE(report.problems[0].where.find("entry " + std::to_string(number)), std::string::npos);
  EXPECT_EQ(report.outbox_entries, 1);
  EXPECT_EQ(failure_of([&] { static_cast<void>(sendable_plays()); }), ErrorCode::damaged);
  EXPECT_EQ(mirror_.pending().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Everywhere, DamagedOutbox,
    testing::Values("image = x''", "image = CAST(image || x'00' AS BLOB)",
                    "image = CAST(substr(image, 1, length(image) - 1) AS BLOB)",
                    "image = CAST(substr(image, 1, 9) || x'ff' || substr(image, 11) AS BLOB)",
                    "identity = identity || 'x'", "row_id = row_id - 1",
                    "recorded_at = '2020-01-01 00:00:00'", "checksum = checksum + 1"));

}  // namespace
}  // namespace playmirror::outbox
