#include "core/outbox/bulk.hpp"

#include "core/sqlite/row_source.hpp"

#include <playmirror/timestamp.hpp>

#include <array>

namespace playmirror::outbox {
namespace {

class EntryRows : public sqlite::RowSource {
 public:
  EntryRows(std::string_view table, std::int64_t first_entry, const std::vector<BulkEntry>& entries,
            const std::function<RowImage(std::size_t)>& image_of)
      : table_(table),
        first_entry_(first_entry),
        entries_(entries),
        image_of_(image_of),
        recorded_at_(Timestamp::now().to_postgres_string()) {}

  bool next() override {
    if (next_ == entries_.size()) return false;
    const std::size_t i = next_++;
    const BulkEntry& entry = entries_[i];
    image_ = encode(image_of_(i));
    fields_ = {first_entry_ + static_cast<std::int64_t>(i),
               table_,
               std::string_view(entry.identity),
               entry.row_id,
               std::string_view(recorded_at_),
               std::string_view(image_),
               checksum(table_, entry.identity, entry.row_id, recorded_at_, image_)};
    return true;
  }
  [[nodiscard]] const sqlite::Field& field(std::size_t column) const override {
    return fields_[column];
  }

  static constexpr std::size_t kFields = 7;

 private:
  std::string_view table_;
  std::int64_t first_entry_;
  const std::vector<BulkEntry>& entries_;
  const std::function<RowImage(std::size_t)>& image_of_;
  std::size_t next_ = 0;
  std::string recorded_at_;
  std::string image_;
  std::array<sqlite::Field, kFields> fields_;
};

}  // namespace

void add_all(sqlite::Database& database, std::string_view table,
             const std::vector<BulkEntry>& entries,
             const std::function<RowImage(std::size_t)>& image_of) {
  const std::int64_t last =
      database.query_int("SELECT seq FROM sqlite_sequence WHERE name = 'playmirror_outbox'");
  EntryRows rows(table, last + 1, entries, image_of);
  sqlite::run_over(database,
                   "INSERT INTO playmirror_outbox "
                   "(entry, table_name, identity, row_id, recorded_at, image, checksum) "
                   "SELECT c0, c1, c2, c3, c4, CAST(c5 AS BLOB), c6 FROM " +
                       std::string(sqlite::kSourceTable),
                   rows, EntryRows::kFields);
}

}  // namespace playmirror::outbox
