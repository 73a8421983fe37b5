// Rows of a made-up library, into a mirror as though a server had sent them.
#pragma once

#include "core/call_watch.hpp"
#include "core/ingest/copy_splitter.hpp"
#include "core/mirror/state.hpp"
#include "core/sample/row_writer.hpp"
#include "core/schema/layout.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace playmirror::sample {

/// Takes the rows of a new mirror, batch by batch in transactions of their own. finish() makes what
/// is computed of them.
class MirrorWriter final : public RowWriter {
 public:
  MirrorWriter(MirrorState& mirror, CallWatch& watch);

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

  /// Durable when it returns.
  void finish();

 private:
  void flush();
  template <typename Integer>
  void field(Integer value);

  MirrorState& mirror_;
  CallWatch& watch_;
  const schema::TableLayout* table_ = nullptr;
  std::vector<schema::ColumnLayout> columns_;
  ingest::RowBatch batch_;
  std::optional<ingest::RowBuilder> row_;
  std::int64_t rows_ = 0;  ///< of the table
};

}  // namespace playmirror::sample
