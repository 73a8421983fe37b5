// Compiled as C++17: date/ptz.h of the date library's version 3.0.1 is not valid C++20.
#include "core/time/zone_rule.hpp"

#include <chrono>
#include <date/ptz.h>
#include <fstream>
#include <stdexcept>

namespace playmirror {
namespace {

class PosixRule final : public ZoneRule {
 public:
  explicit PosixRule(const std::string& text) : zone_(text) {}

  Stretch at(std::int64_t unix_seconds) const override {
    const auto info = zone_.get_info(date::sys_seconds(std::chrono::seconds(unix_seconds)));
    return {info.begin.time_since_epoch().count(), info.end.time_since_epoch().count(),
            info.offset.count()};
  }

 private:
  Posix::time_zone zone_;
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
    return std::make_shared<PosixRule>(rule);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

}  // namespace playmirror
