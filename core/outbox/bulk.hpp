#pragma once

#include "core/ahead.hpp"
#include "core/outbox/row_image.hpp"
#include "core/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::outbox {

/// A row to be recorded with many others.
struct BulkEntry {
  std::string identity = {};
  std::int64_t row_id = 0;
  RowImage image = {};
};

/// Entries of one table, made ready on a thread of their own: to add them costs a fraction of what
/// adding each by itself does.
class BulkEntries {
 public:
  /// `describe` is called on the other thread, once with each index, in order, with the entry of
  /// the index before to write over. It must outlive this, with all that it uses.
  BulkEntries(std::string_view table, std::size_t count,
              std::function<void(std::size_t, BulkEntry&)> describe);

  /// Adds them all, in their order.
  void add_to(sqlite::Database& database);

  /// Some entries as they are stored, one after the other.
  struct Piece {
    struct Row {
      std::size_t identity_end = 0;  ///< in `bytes`
      std::size_t image_end = 0;
      std::int64_t row_id = 0;
      std::int64_t checksum = 0;
    };
    std::vector<Row> rows = {};
    std::string bytes = {};
  };

 private:
  std::string table_;
  std::string recorded_at_;
  Ahead<Piece> pieces_;
};

}  // namespace playmirror::outbox
