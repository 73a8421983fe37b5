#pragma once

#include "core/time/calendar.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// Time zones of the system's tz data. All times are microseconds since 2000-01-01, UTC or local.
namespace playmirror {

/// One IANA time zone, safe to share between threads.
class Zone {
 public:
  /// Throws InvalidArgument for a name that the system does not know, StorageError when its file
  /// cannot be read. The name is compared as it is: no abbreviations, no other case, nothing read
  /// from the environment.
  [[nodiscard]] static std::shared_ptr<const Zone> find(std::string_view name);

  virtual ~Zone() = default;

  /// A stretch of time in which local time runs evenly: local = UTC + ahead.
  struct Stretch {
    std::int64_t begin;  ///< UTC
    std::int64_t end;    ///< UTC, exclusive
    std::int64_t ahead;
  };

  /// The stretch that an instant lies in. Any integer is an instant.
  [[nodiscard]] virtual Stretch at(std::int64_t utc) const = 0;

  [[nodiscard]] std::int64_t local(std::int64_t utc) const { return utc + at(utc).ahead; }

  /// The first instant at which the clock shows `local` or a later time: of two, the earlier one;
  /// of none, because clocks were put forward, the moment that it happened.
  [[nodiscard]] std::int64_t utc(std::int64_t local) const;

  /// The instant at which a local day begins; days are counted from 2000-01-01.
  [[nodiscard]] std::int64_t day_begin(std::int64_t day) const {
    return utc(day * calendar::kMicrosPerDay);
  }
};

}  // namespace playmirror
