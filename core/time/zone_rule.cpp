// Compiled as C++17: date/ptz.h of the date library's version 3.0.1 is not valid C++20.
#include "core/time/zone_rule.hpp"

#include "core/time/zone_file.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <date/ptz.h>
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

/// Takes a rule apart from its beginning, each piece as it is written.
class RuleScanner {
 public:
  explicit RuleScanner(const std::string& rule) : rule_(rule) {}

  /// `CET` or `<-02>`.
  std::string name() {
    if (at_ < rule_.size() && rule_[at_] == '<') return upto(rule_.find('>', at_) + 1);
    return upto(rule_.find_first_of("+-0123456789,", at_));
  }
  /// `-1` or `2:30`; may be empty.
  std::string time() { return upto(rule_.find_first_not_of("+-0123456789:", at_)); }
  /// `M3.5.0`.
  std::string day() { return upto(rule_.find_first_of(",/", at_)); }

  bool skip(char character) {
    if (at_end() || rule_[at_] != character) return false;
    ++at_;
    return true;
  }
  bool at_end() const { return at_ == rule_.size(); }

 private:
  std::string upto(std::size_t end) {
    const std::size_t begin = at_;
    at_ = std::min(std::max(end, begin), rule_.size());
    return rule_.substr(begin, at_ - begin);
  }

  const std::string& rule_;
  std::size_t at_ = 0;
};

/// A change on the evening before, as Greenland's `<-02>2<-01>,M3.5.0/-1,M10.5.0/0` has it, is more
/// than the library reads. In a zone that is ahead by one day more, the same change comes at the
/// hour 23 of the day itself. Empty for a rule that needs no such help.
std::string a_day_ahead(const std::string& rule) {
  if (rule.find("/-") == std::string::npos) return {};
  RuleScanner scanner(rule);
  const std::string winter = scanner.name();
  const std::string behind = scanner.time();
  const std::string summer = scanner.name();
  const std::string behind_in_summer = scanner.time();
  if (behind.empty()) return {};
  // Unless told, summer is an hour ahead of winter.
  const std::int64_t summer_seconds =
      behind_in_summer.empty() ? seconds_of(behind) - 3'600 : seconds_of(behind_in_summer);
  std::string ahead = winter + time_of(seconds_of(behind) - kSecondsPerDay) + summer +
                      time_of(summer_seconds - kSecondsPerDay);
  for (int change = 0; change < 2; ++change) {
    if (!scanner.skip(',')) return {};
    const std::string day = scanner.day();
    // Unless told, the clocks change at two.
    const std::string time = scanner.skip('/') ? scanner.time() : "2";
    if (time.empty()) return {};
    ahead += "," + day + "/" + time_of(seconds_of(time) + kSecondsPerDay);
  }
  return scanner.at_end() ? ahead : std::string();
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
  const std::string content = read_zone_file(name);
  if (content.size() < 2 || content.back() != '\n') return {};
  const std::size_t before = content.rfind('\n', content.size() - 2);
  return before == std::string::npos ? std::string()
                                     : content.substr(before + 1, content.size() - before - 2);
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
