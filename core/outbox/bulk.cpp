#include "core/outbox/bulk.hpp"

#include "core/sqlite/row_source.hpp"

#include <playmirror/timestamp.hpp>

#include <array>
#include <optional>
#include <utility>

namespace playmirror::outbox {
namespace {

/// Entries handed over at once, and how many such pieces may wait.
constexpr std::size_t kPieceRows = 1000;
constexpr std::size_t kWaitingPieces = 8;

using Piece = BulkEntries::Piece;

class EntryRows : public sqlite::RowSource {
 public:
  EntryRows(std::string_view table, std::string_view recorded_at, std::int64_t first_entry,
            Ahead<Piece>& pieces)
      : entry_(first_entry), pieces_(pieces) {
    fields_[1] = table;
    fields_[4] = recorded_at;
  }

  bool next() override {
    while (row_ == piece_.rows.size()) {
      auto piece = pieces_.next();
      if (!piece) return false;
      piece_ = std::move(*piece);
      row_ = begin_ = 0;
    }
    const Piece::Row& row = piece_.rows[row_++];
    const auto part = [&](std::size_t begin, std::size_t end) {
      return std::string_view(piece_.bytes).substr(begin, end - begin);
    };
    fields_[0] = entry_++;
    fields_[2] = part(begin_, row.identity_end);
    fields_[3] = row.row_id;
    fields_[5] = part(row.identity_end, row.image_end);
    fields_[6] = row.checksum;
    begin_ = row.image_end;
    return true;
  }
  [[nodiscard]] const sqlite::Field& field(std::size_t column) const override {
    return fields_[column];
  }

  static constexpr std::size_t kFields = 7;

 private:
  std::int64_t entry_;
  Ahead<Piece>& pieces_;
  Piece piece_;
  std::size_t row_ = 0;
  std::size_t begin_ = 0;  ///< of the next row's bytes
  std::array<sqlite::Field, kFields> fields_;
};

}  // namespace

BulkEntries::BulkEntries(std::string_view table, std::size_t count,
                         std::function<void(std::size_t, BulkEntry&)> describe)
    : table_(table),
      recorded_at_(Timestamp::now().to_postgres_string()),
      pieces_(kWaitingPieces, [this, count, describe = std::move(describe)](const auto& put) {
        Piece piece;
        BulkEntry entry;
        for (std::size_t i = 0; i < count; ++i) {
          describe(i, entry);
          const std::string image = encode(entry.image);
          Piece::Row& row = piece.rows.emplace_back();
          row.identity_end = piece.bytes.append(entry.identity).size();
          row.image_end = piece.bytes.append(image).size();
          row.row_id = entry.row_id;
          row.checksum = checksum(table_, entry.identity, entry.row_id, recorded_at_, image);
          if (piece.rows.size() == kPieceRows) put(std::exchange(piece, {}));
        }
        put(std::move(piece));
      }) {}

void BulkEntries::add_to(sqlite::Database& database) {
  const std::int64_t last =
      database.query_int("SELECT seq FROM sqlite_sequence WHERE name = 'playmirror_outbox'");
  EntryRows rows(table_, recorded_at_, last + 1, pieces_);
  sqlite::run_over(database,
                   "INSERT INTO playmirror_outbox "
                   "(entry, table_name, identity, row_id, recorded_at, image, checksum) "
                   "SELECT c0, c1, c2, c3, c4, CAST(c5 AS BLOB), c6 FROM " +
                       std::string(sqlite::kSourceTable),
                   rows, EntryRows::kFields);
}

}  // namespace playmirror::outbox
