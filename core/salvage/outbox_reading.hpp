#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

namespace playmirror::salvage {

/// Reads the rows of a table with an integer key around pages that cannot be read: from both ends,
/// and where both come to a stop, key by key, since each key leads to its own page.
class OutboxReading {
 public:
  using Use = std::function<void(const sqlite::Statement&)>;

  /// `select` has the column `entry` first. A row may be given to `use` more than once.
  OutboxReading(const sqlite::Database& database, const std::string& select, Use use);

  /// False when something could not be read.
  bool run();

 private:
  static constexpr std::int64_t kFirst = 1;
  static constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

  enum class Way { up, down };

  /// How far it came from `from` on: the last key, if there was any, and whether all were read.
  struct Reach {
    std::optional<std::int64_t> last;
    bool ended = false;
  };

  [[nodiscard]] Reach read(Way way, std::int64_t from);

  /// Goes on behind `at`, where reading came to a stop, as far as `end`.
  void go_on(Way way, std::int64_t at, std::int64_t end);

  /// Any readable key, where neither end is one. What is read from it goes both ways.
  [[nodiscard]] std::optional<std::int64_t> find_any();

  const sqlite::Database& database_;
  std::string up_;
  std::string down_;
  Use use_;
};

}  // namespace playmirror::salvage
