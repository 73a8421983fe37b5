/// \file
/// Where instants lie in the local calendar, for plays that come in order of time: the zone's
/// history is cut into pieces of one local hour, day or longer unit. Neighbours mostly share one.
/// Instants are microseconds since 1970, as in the columns of plays.
#pragma once

#include "core/columns/play_batch.hpp"
#include "core/time/zone.hpp"

#include <playmirror/period.hpp>
#include <playmirror/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace playmirror::stats {

/// Microseconds from 1970-01-01 to 2000-01-01.
inline constexpr std::int64_t kUnixToPostgres = 946'684'800'000'000;

[[nodiscard]] Timestamp to_timestamp(std::int64_t unix_micros);

/// The part of a period that the local calendar covers: the years 1 to 9999 with a week to spare at
/// the beginning, so that weeks begin in the year 1, too, and a day at the end.
[[nodiscard]] columns::Period in_calendar(const columns::Period& period);

inline constexpr std::int64_t kMicrosPerHour = calendar::kMicrosPerDay / 24;

/// The number of the local hour or day of one instant after another, counted from 2000-01-01. Quick
/// where the instants come roughly in order.
class LocalUnits {
 public:
  static LocalUnits hours(const Zone& zone) { return {zone, kMicrosPerHour}; }
  static LocalUnits days(const Zone& zone) { return {zone, calendar::kMicrosPerDay}; }

  /// Of an instant in the calendar.
  std::int64_t at(std::int64_t instant) {
    if (instant < begin_ || instant >= end_) aim(instant);
    return unit_;
  }

  /// Where the unit of the last instant ends, or clocks change in it.
  [[nodiscard]] std::int64_t end() const noexcept { return end_; }

 private:
  LocalUnits(const Zone& zone, std::int64_t length) : zone_(zone), length_(length) {}
  void aim(std::int64_t instant);

  const Zone& zone_;
  std::int64_t length_;
  Zone::Stretch stretch_ = {0, 0, 0};
  std::int64_t unit_ = 0;
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
};

/// Monday 0 to Sunday 167.
[[nodiscard]] std::size_t hour_of_week(std::int64_t local_hour);

/// A stretch of time within one bucket of a series. It ends where the next one begins.
struct Piece {
  std::int64_t begin;
  std::int64_t bucket;
};

/// Finds the piece of one instant after another, which must not go back.
class PieceWalker {
 public:
  explicit PieceWalker(const std::vector<Piece>& pieces) : pieces_(pieces) {
    if (!pieces_.empty()) aim();
  }

  /// The bucket that the instant lies in.
  std::int64_t at(std::int64_t instant) {
    while (instant >= end_) {
      ++index_;
      aim();
    }
    return pieces_[index_].bucket;
  }

  /// Where the piece of the last instant ends.
  [[nodiscard]] std::int64_t end() const noexcept { return end_; }

 private:
  void aim() { end_ = index_ + 1 < pieces_.size() ? pieces_[index_ + 1].begin : columns::kNoTime; }

  const std::vector<Piece>& pieces_;
  std::size_t index_ = 0;
  std::int64_t end_ = columns::kNoTime;
};

/// `2026-01-31`
[[nodiscard]] std::string day_text(std::int64_t day);

/// A series without holes: the units that cover a span of time, and which of them a play lies in.
class Series {
 public:
  struct Bucket {
    std::int64_t begin;  ///< UTC, of the whole unit
    std::int64_t end;
    std::string local;  ///< `2026-01-31` or `2026-01-31T05:00`
  };

  /// Throws InvalidArgument for more than a million buckets.
  Series(const Zone& zone, Unit unit, Weekday week_start, std::int64_t since, std::int64_t until);

  [[nodiscard]] const std::vector<Bucket>& buckets() const noexcept { return buckets_; }

  /// For PieceWalker.
  [[nodiscard]] const std::vector<Piece>& pieces() const noexcept { return pieces_; }

 private:
  std::vector<Bucket> buckets_;
  std::vector<Piece> pieces_;
};

}  // namespace playmirror::stats
