#include "core/time/zone.hpp"

#include "core/time/zone_file.hpp"
#include "core/time/zone_rule.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <date/tz.h>
#include <fcntl.h>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <unistd.h>

namespace playmirror {
namespace {

using calendar::kMicrosPerDay;
using calendar::kMicrosPerSecond;

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kEpochSeconds = 946'684'800;  ///< seconds from 1970-01-01 to 2000-01-01

/// Where the zones' history is taken to begin and their future to end, in seconds since 1970: the
/// library counts years in 16 bits.
constexpr std::int64_t kFirst = -30'000LL * 366 * 86'400;
constexpr std::int64_t kPastLast = 30'000LL * 365 * 86'400;

/// A stretch that ends later than this, about the year 2200, is one whose end is not known.
constexpr std::int64_t kUnknownEnd = 230LL * 365 * 86'400;

/// Saturates: the ends of the first and the last stretch are far outside of 64 bits.
std::int64_t to_micros(std::int64_t unix_seconds) {
  if (unix_seconds >= kPastLast) return kForever;
  if (unix_seconds <= kFirst) return -kForever;
  return (unix_seconds - kEpochSeconds) * kMicrosPerSecond;
}

class Utc final : public Zone {
 public:
  [[nodiscard]] Stretch at(std::int64_t) const override { return {-kForever, kForever, 0}; }
};

class SystemZone final : public Zone {
 public:
  explicit SystemZone(const date::time_zone& zone)
      : zone_(zone), rule_(ZoneRule::read(zone.name())) {}

  [[nodiscard]] Stretch at(std::int64_t utc) const override {
    const std::int64_t seconds =
        std::clamp(calendar::floor_divide(utc, kMicrosPerSecond).quotient + kEpochSeconds, kFirst,
                   kPastLast - 1);
    const auto info = zone_.get_info(date::sys_seconds(std::chrono::seconds(seconds)));
    const std::int64_t begin = info.begin.time_since_epoch().count();
    const std::int64_t end = info.end.time_since_epoch().count();
    if (end < kUnknownEnd || !rule_) {
      return {to_micros(begin), to_micros(end), info.offset.count() * kMicrosPerSecond};
    }
    const ZoneRule::Stretch ruled = rule_->at(seconds);
    return {to_micros(std::max(begin, ruled.begin)), to_micros(ruled.end),
            ruled.ahead * kMicrosPerSecond};
  }

 private:
  const date::time_zone& zone_;
  std::shared_ptr<const ZoneRule> rule_;
};

/// Throws StorageError when no more files can be opened. The library looks into the folders of
/// zones once: what it could not open then is no zone to it until the process ends. A zone without
/// its rule would have no summer time one day.
void check_that_files_open() {
  const int descriptor = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0) {
    ::close(descriptor);
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
    raise(
        ErrorCode::storage_failed,
        std::string("the time zones of the system cannot be read: ") + std::strerror(errno),
        {.hint = "Close some files, or raise the limit of the process (ulimit -n), and try again.",
         .retryable = true});
  }
}

const date::time_zone& locate(const std::string& name) {
  try {
    return *date::locate_zone(name);
  } catch (const std::runtime_error&) {
    raise(ErrorCode::invalid_argument, "there is no time zone \"" + name.substr(0, 60) + "\"",
          {.hint = "Give an IANA name, such as Europe/Berlin; Debian keeps them in tzdata."});
  }
}

[[noreturn]] void refuse_unreadable(const std::string& name, const std::string& why) {
  raise(ErrorCode::storage_failed, "the time zone \"" + name + "\" cannot be read: " + why,
        {.hint = "Look at its file in /usr/share/zoneinfo; Debian's package is tzdata."});
}

std::shared_ptr<const Zone> load(const std::string& name) {
  if (name == "UTC") return std::make_shared<Utc>();
  check_that_files_open();
  const date::time_zone& located = locate(name);
  const std::string file = read_zone_file(located.name());
  if (!file.empty() && !is_zone_file(file)) refuse_unreadable(name, "its file is damaged");
  try {
    auto zone = std::make_shared<SystemZone>(located);
    (void)zone->at(0);  // the library reads the zone's file when it is first asked
    return zone;
  } catch (const std::runtime_error& error) {
    refuse_unreadable(name, error.what());
  }
}

}  // namespace

std::shared_ptr<const Zone> Zone::find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Zone>, std::less<>> known;
  const std::scoped_lock lock(mutex);
  if (const auto found = known.find(name); found != known.end()) return found->second;
  auto zone = load(std::string(name));
  known.emplace(name, zone);
  return zone;
}

std::int64_t Zone::utc(std::int64_t local) const {
  // No zone has ever been more than a day away from UTC, so the answer is within two days.
  std::int64_t from = local < -kForever + 2 * kMicrosPerDay ? -kForever : local - 2 * kMicrosPerDay;
  for (Stretch stretch = at(from);; stretch = at(stretch.end)) {
    if (stretch.end == kForever || local - stretch.ahead < stretch.end) {
      return std::max(local - stretch.ahead, stretch.begin);
    }
  }
}

}  // namespace playmirror
