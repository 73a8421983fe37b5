// Rows as files, one per table, in PostgreSQL's text format of COPY: `COPY artists FROM
// '/dir/artists.tsv'` loads them.
#pragma once

#include "core/sample/row_writer.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace music_generator {

using playmirror::sample::Instant;
using playmirror::sample::RowWriter;

class TsvWriter final : public RowWriter {
 public:
  /// Creates the directory when it is not there; files in it are replaced.
  explicit TsvWriter(std::filesystem::path directory);

  void begin_table(std::string_view table, std::span<const std::string_view> columns) override;
  void end_table() override;
  void begin_row() override {}
  void end_row() override;
  void null() override;
  void text(std::string_view utf8) override;
  void integer(std::int32_t value) override;
  void thousandths(std::int32_t value) override;
  void boolean(bool value) override;
  void timestamp(Instant value) override;

 private:
  void separate();
  void flush();

  std::filesystem::path directory_;
  std::ofstream file_;
  std::string rows_;  ///< what the file has not got yet
};

}  // namespace music_generator
