#pragma once

#include "core/digest/block_digests.hpp"
#include "core/ingest/row_reader.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace playmirror::digest {

/// The digests of rows that are being loaded into empty tables, added up as they come by, so that
/// nothing has to be read again once they are there. They touch no database, and may be added up on
/// another thread than the one that writes.
class LoadedDigests {
 public:
  enum class Part : std::uint8_t {
    rows,    ///< new in the table
    values,  ///< further columns of rows that were added before
  };

  /// Adds up one part of one table.
  class Table {
   public:
    void add(const ingest::RowReader& row);

   private:
    friend class LoadedDigests;
    Table(LoadedDigests& all, const schema::TableLayout& table,
          const std::vector<schema::ColumnLayout>& columns, Part part);
    BlockDigest& digest_of(const ingest::RowReader& row);

    struct Hashed {
      std::size_t field;
      std::uint64_t seed;
    };
    BlockDigests& blocks_;
    std::int64_t& rows_;
    Part part_;
    std::vector<std::size_t> key_ = {};  ///< fields of the key's columns
    std::vector<Hashed> hashed_ = {};
    bool integer_key_;
    std::int64_t block_ = 0;         ///< of the last row, by an integer key
    BlockDigest* digest_ = nullptr;  ///< of that block
  };

  /// For rows with these fields, the table's key among them. Must not outlive this object.
  [[nodiscard]] Table table(const schema::TableLayout& table,
                            const std::vector<schema::ColumnLayout>& columns, Part part) {
    return {*this, table, columns, part};
  }

  /// How many rows of a table were added.
  [[nodiscard]] std::int64_t rows(const std::string& table) const;

  /// Whether the tables hold the rows that were added and no others, each of them loaded once:
  /// nothing is pending, and the numbers of rows agree.
  [[nodiscard]] bool are_of(const sqlite::Database& database) const;

  /// Keeps them (stored_digests.hpp), inside the caller's transaction.
  void store(sqlite::Database& database) const;

 private:
  std::map<std::string, BlockDigests, std::less<>> tables_;
  std::map<std::string, std::int64_t, std::less<>> rows_;
};

}  // namespace playmirror::digest
