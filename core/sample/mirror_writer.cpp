#include "core/sample/mirror_writer.hpp"

#include "core/columns/rebuild.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/row_writer.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"

#include <bit>
#include <chrono>

namespace playmirror::sample {
namespace {

constexpr std::size_t kBatchBytes = 2 << 20;

constexpr Instant kPostgresEpoch =
    std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1};

/// No server has this identity, so that none takes such a mirror for its own.
constexpr std::string_view kNoServer = "made up";

}  // namespace

MirrorWriter::MirrorWriter(MirrorState& mirror, CallWatch& watch) : mirror_(mirror), watch_(watch) {
  mirror_.write([](sqlite::Database& database) {
    columns::drop(database);
    digest::forget_digests(database);
    for (const std::string_view fact :
         {meta::kServerName, meta::kDatabase, meta::kSystemIdentifier, meta::kSchema}) {
      meta::write(database, fact, kNoServer);
    }
  });
}

void MirrorWriter::begin_table(std::string_view table, std::span<const std::string_view> columns) {
  table_ = &schema::record_layout(table);
  columns_.clear();
  for (const std::string_view column : columns) {
    columns_.push_back(table_->columns.at(table_->find(column).value()));
  }
  rows_ = 0;
}

void MirrorWriter::end_table() { flush(); }

void MirrorWriter::begin_row() { row_.emplace(batch_, columns_.size()); }

void MirrorWriter::end_row() {
  watch_.tick();
  ++rows_;
  if (batch_.bytes.size() >= kBatchBytes) flush();
}

void MirrorWriter::null() { row_->null(); }

void MirrorWriter::text(std::string_view utf8) { row_->field(utf8); }

void MirrorWriter::integer(std::int32_t value) { field(value); }

void MirrorWriter::thousandths(std::int32_t value) {
  field(std::bit_cast<std::int64_t>(value / 1000.0));  // correctly rounded: the same everywhere
}

void MirrorWriter::boolean(bool value) { field(static_cast<std::int8_t>(value)); }

void MirrorWriter::timestamp(Instant value) {
  field(std::int64_t{(value - kPostgresEpoch).count()});
}

void MirrorWriter::finish() {
  mirror_.write(
      [this](sqlite::Database& database) {
        for (const schema::TableLayout& layout : schema::record_layouts()) {
          ingest::TableState state = ingest::read_state(database, layout.name);
          state.copy = ingest::CopyState::complete;
          ingest::write_state(database, layout.name, state);
        }
        columns::rebuild(database);
        digest::make_digests(database, watch_);
      },
      [this] { watch_.tick(); });
}

void MirrorWriter::flush() {
  watch_.progress({.phase = "make up", .table = table_->name, .rows = rows_}, true);
  mirror_.write(
      [this](sqlite::Database& database) {
        ingest::RowWriter(database, *table_, columns_, ingest::WriteMode::load).write(batch_.bytes);
      },
      [this] { watch_.tick(); }, MirrorState::Durability::later);
  batch_.clear();
}

/// In network byte order, as PostgreSQL sends it.
template <typename Integer>
void MirrorWriter::field(Integer value) {
  char bytes[sizeof value];
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes[i] = static_cast<char>(value >> 8 * (sizeof value - 1 - i));
  }
  row_->field({bytes, sizeof value});
}

}  // namespace playmirror::sample
