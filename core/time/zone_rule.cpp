// Compiled as C++17: date/ptz.h of the date library's version 3.0.1 is not valid C++20.
#include "core/time/zone_rule.hpp"

#include <chrono>
#include <cstdlib>
#include <date/ptz.h>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace playmirror {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

/// `-1` or `2:30` in seconds.
std::int64_t seconds_of(const std::string& time) {
  std::int64_t seconds = 0;
  std::int64_t unit = 3'600;
  const bool negative = time.front() == '-';
  for (const char* next = time.c_str() + (negative || time.front() == '+' ? 1 : 0);; ++next) {
    char* end = nullptr;
    seconds += std::strtol(next, &end, 10) * unit;
    if (*end != ':') break;
    next = end;
    unit /= 60;
  }
  return negative ? -seconds : seconds;
}

std::string time_of(std::int64_t seconds) {
  const std::int64_t size = std::abs(seconds);
  return (seconds < 0 ? "-" : "") + std::to_string(size / 3'600) + ":" +
         std::to_string(size / 60 % 60) + ":" + std::to_string(size % 60);
}

/// A change on the evening before, as Greenland's `<-02>2<-01>,M3.5.0/-1,M10.5.0/0` has it, is more
/// than the library reads. In a zone that is ahead by one day more, the same change comes at the
/// hour 23 of the day itself. Empty for a rule that needs no such help.
std::string a_day_ahead(const std::string& rule) {
  static const std::regex parts(
      "(<[^>]+>|[A-Za-z]+)([-+0-9:]+)(<[^>]+>|[A-Za-z]+)([-+0-9:]*),([^,/]+)(/[-+0-9:]+)?,"
      "([^,/]+)(/[-+0-9:]+)?");
  std::smatch part;
  if (rule.find("/-") == std::string::npos || !std::regex_match(rule, part, parts)) return {};
  const std::int64_t behind = seconds_of(part[2]);
  const std::int64_t behind_in_summer = part[4].length() > 0 ? seconds_of(part[4]) : behind - 3'600;
  const auto change = [](const std::ssub_match& day, const std::ssub_match& time) {
    const std::int64_t usual = 2 * 3'600;
    const std::int64_t at = time.matched ? seconds_of(time.str().substr(1)) : usual;
    return day.str() + "/" + time_of(at + kSecondsPerDay);
  };
  return part[1].str() + time_of(behind - kSecondsPerDay) + part[3].str() +
         time_of(behind_in_summer - kSecondsPerDay) + "," + change(part[5], part[6]) + "," +
         change(part[7], part[8]);
}

class PosixRule final : public ZoneRule {
 public:
  explicit PosixRule(const std::string& text, std::int64_t too_far_ahead)
      : zone_(text), too_far_ahead_(too_far_ahead) {}

  Stretch at(std::int64_t unix_seconds) const override {
    const auto info = zone_.get_info(date::sys_seconds(std::chrono::seconds(unix_seconds)));
    return {info.begin.time_since_epoch().count(), info.end.time_since_epoch().count(),
            info.offset.count() - too_far_ahead_};
  }

 private:
  Posix::time_zone zone_;
  std::int64_t too_far_ahead_;  ///< seconds
};

/// The last line of the zone's file; empty if there is none.
std::string last_line(const std::string& name) {
  for (const char* folder : {"/usr/share/zoneinfo/", "/var/db/timezone/zoneinfo/"}) {
    std::ifstream file(folder + name, std::ios::binary);
    if (!file) continue;
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    if (content.size() < 2 || content.back() != '\n') return {};
    const std::size_t before = content.rfind('\n', content.size() - 2);
    return before == std::string::npos ? std::string()
                                       : content.substr(before + 1, content.size() - before - 2);
  }
  return {};
}

}  // namespace

std::shared_ptr<const ZoneRule> ZoneRule::read(const std::string& name) {
  const std::string rule = last_line(name);
  if (rule.empty()) return nullptr;
  try {
    const std::string ahead = a_day_ahead(rule);
    return ahead.empty() ? std::make_shared<PosixRule>(rule, 0)
                         : std::make_shared<PosixRule>(ahead, kSecondsPerDay);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

}  // namespace playmirror
