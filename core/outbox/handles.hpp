#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// Handles: the provisional ids under which programs know rows that have reached the server since.
/// They are kept in runs, for ids are given in order here and there. Inside the caller's
/// transaction.
namespace playmirror::outbox {

struct Delivered {
  std::int64_t provisional_id = 0;
  std::int64_t server_id = 0;  ///< or a newer provisional id, of a row that is to be sent again
};

/// Handles that follow each other: provisional ids downwards, those of the server upwards.
struct HandleRun {
  Delivered first = {};
  std::int64_t rows = 0;

  /// Longer ones are noted as several.
  static constexpr std::int64_t kMost = 1 << 16;

  /// False for what only a damaged file can hold.
  [[nodiscard]] bool is_sane() const noexcept;
  /// The n-th handle, counted from 0.
  [[nodiscard]] Delivered at(std::int64_t n) const noexcept {
    return {first.provisional_id - n, first.server_id + n};
  }
  [[nodiscard]] Delivered last() const noexcept { return at(rows - 1); }
};

void note_delivered(sqlite::Database& database, std::string_view table, const HandleRun& run);

/// What the provisional id has become.
[[nodiscard]] std::optional<std::int64_t> delivered_as(const sqlite::Database& database,
                                                       std::string_view table,
                                                       std::int64_t provisional_id);

/// All handles of a table, in order of recording.
[[nodiscard]] std::vector<Delivered> all_delivered(const sqlite::Database& database,
                                                   std::string_view table);

/// The row has to be sent again, under a new provisional id: the handle leads there from now on.
void redirect(sqlite::Database& database, std::string_view table, const Delivered& handle,
              std::int64_t provisional_id);

/// The first handle of each run that only a damaged file can hold; as if there were none of it, but
/// that who asks for one is told.
[[nodiscard]] std::vector<std::int64_t> senseless_handles(const sqlite::Database& database);
void forget_senseless_handles(sqlite::Database& database);

/// Which of the server's rows of a table came from here.
class DeliveredRows {
 public:
  DeliveredRows(const sqlite::Database& database, std::string_view table);
  [[nodiscard]] bool contains(std::int64_t server_id) const noexcept;

 private:
  struct Range {
    std::int64_t first = 0;
    std::int64_t end = 0;
  };
  std::vector<Range> ranges_ = {};  ///< in order, none touches the next
};

}  // namespace playmirror::outbox
