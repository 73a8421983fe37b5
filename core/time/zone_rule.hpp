/// \file
/// What a zone does after the last change that its data list: the rule at the end of its file, such
/// as `CET-1CEST,M3.5.0,M10.5.0/3`. The date library does not read it, and some systems' files
/// list nothing but the past.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace playmirror {

class ZoneRule {
 public:
  struct Stretch {
    std::int64_t begin;  ///< seconds since 1970
    std::int64_t end;    ///< exclusive
    std::int64_t ahead;  ///< seconds
  };

  /// The rule of a zone that the system knows; null when its file cannot be read or has none.
  static std::shared_ptr<const ZoneRule> read(const std::string& name);

  virtual ~ZoneRule() = default;
  virtual Stretch at(std::int64_t unix_seconds) const = 0;
};

}  // namespace playmirror
