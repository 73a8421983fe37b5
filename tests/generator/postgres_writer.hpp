// Rows into PostgreSQL by binary COPY, all in one transaction.
#pragma once

#include "core/sample/row_writer.hpp"

#include <libpq-fe.h>
#include <memory>
#include <string>

namespace music_generator {

using playmirror::sample::Instant;
using playmirror::sample::RowWriter;

class PostgresWriter final : public RowWriter {
 public:
  /// Connects and begins. The tables must be there and empty. A superuser's load does without the
  /// foreign key checks, which would take longer than the load itself.
  explicit PostgresWriter(const std::string& conninfo);

  void begin_table(std::string_view table, std::span<const std::string_view> columns) override;
  void end_table() override;
  void begin_row() override;
  void end_row() override;
  void null() override;
  void text(std::string_view utf8) override;
  void integer(std::int32_t value) override;
  void thousandths(std::int32_t value) override;
  void boolean(bool value) override;
  void timestamp(Instant value) override;

  /// Moves the sequences past the loaded ids and commits, then vacuums and analyses. Without it
  /// nothing has happened.
  void commit();

 private:
  void execute(const char* sql);
  void flush();
  template <typename Integer>
  void append(Integer value);
  template <typename Integer>
  void field(Integer value);

  struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  std::unique_ptr<PGconn, Close> connection_;
  std::string rows_;  ///< what the server has not got yet
  std::int16_t columns_ = 0;
};

}  // namespace music_generator
