#include "core/columns/play_columns.hpp"

#include "core/columns/code_book.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/columns/row_source.hpp"

#include <algorithm>
#include <utility>

namespace playmirror::columns {
namespace {

/// Rows per batch.
constexpr std::size_t kBatchRows = 65'536;

template <typename T>
std::span<const T> part(const std::vector<T>& values, std::size_t begin, std::size_t size) {
  return std::span(values).subspan(begin, size);
}

Batch slice(const PlayArrays& plays, std::size_t begin, std::size_t size, Column columns) {
  Batch batch;
  batch.size = size;
  const auto wants = [&](Column column) { return contains(columns, column); };
  if (wants(Column::played_at)) batch.played_at = part(plays.played_at, begin, size);
  if (wants(Column::id)) batch.id = part(plays.id, begin, size);
  if (wants(Column::track)) batch.track = part(plays.track, begin, size);
  if (wants(Column::listened_ms)) {
    batch.listened_ms = part(plays.listened_ms, begin, size);
    batch.wide_values = plays.wide_listened_ms;
    batch.wide_base = begin;
  }
  if (wants(Column::skipped)) batch.skipped = part(plays.skipped, begin, size);
  if (wants(Column::source)) batch.source = part(plays.source, begin, size);
  if (wants(Column::context)) batch.context = part(plays.context, begin, size);
  return batch;
}

}  // namespace

struct PlayColumns::Moment {
  explicit Moment(MirrorState& state)
      : reader(state.reader()),
        transaction(std::make_unique<sqlite::Transaction>(reader.database(),
                                                          sqlite::Transaction::Kind::deferred)) {
    book.read_catalogue(reader.database());
    read_plays(reader.database(), book, [this](const PlayRow& play) { plays.add(play); });
  }

  /// The rows of the period, as [first, second).
  [[nodiscard]] std::pair<std::size_t, std::size_t> rows(const Period& period) const {
    const auto& times = plays.played_at;
    const auto from = [&](std::int64_t time) {
      return static_cast<std::size_t>(std::ranges::lower_bound(times, time) - times.begin());
    };
    const std::size_t begin = period.since ? from(*period.since) : 0;
    const std::size_t end = period.until   ? from(*period.until)
                            : period.since ? from(kNoTime)
                                           : times.size();
    return {begin, std::max(begin, end)};
  }

  MirrorState::Reader reader;
  std::unique_ptr<sqlite::Transaction> transaction;
  CodeBook book;
  PlayArrays plays;
};

PlayColumns::PlayColumns(std::unique_ptr<Moment> moment) noexcept : moment_(std::move(moment)) {}
PlayColumns::PlayColumns(PlayColumns&&) noexcept = default;
PlayColumns& PlayColumns::operator=(PlayColumns&&) noexcept = default;
PlayColumns::~PlayColumns() = default;

PlayColumns PlayColumns::read(MirrorState& state) {
  return PlayColumns(std::make_unique<Moment>(state));
}

sqlite::Database& PlayColumns::database() const noexcept { return moment_->reader.database(); }

const TrackDictionary& PlayColumns::tracks() const { return moment_->book.tracks; }
const ArtistDictionary& PlayColumns::artists() const { return moment_->book.artists; }
const TextDictionary& PlayColumns::sources() const { return moment_->book.sources; }
const TextDictionary& PlayColumns::contexts() const { return moment_->book.contexts; }
std::size_t PlayColumns::track_codes() const { return tracks().size(); }
TrackEntry PlayColumns::track(std::uint32_t code) const { return tracks()[code]; }

std::uint64_t PlayColumns::count(const Period& period) const {
  const auto [begin, end] = moment_->rows(period);
  return end - begin;
}

std::vector<std::uint32_t> PlayColumns::track_counts(const Period& period) const {
  std::vector<std::uint32_t> counts(track_codes());
  const auto [begin, end] = moment_->rows(period);
  for (std::size_t row = begin; row < end; ++row) ++counts[moment_->plays.track[row]];
  return counts;
}

void PlayColumns::scan(const Period& period, Column columns, const Visitor& visit) const {
  const auto [begin, end] = moment_->rows(period);
  for (std::size_t row = begin; row < end; row += kBatchRows) {
    if (!visit(slice(moment_->plays, row, std::min(kBatchRows, end - row), columns))) return;
  }
}

void PlayColumns::scan_back(const Period& period, Column columns, const Visitor& visit) const {
  const auto [begin, end] = moment_->rows(period);
  for (std::size_t row = end; row > begin;) {
    const std::size_t size = std::min(kBatchRows, row - begin);
    row -= size;
    if (!visit(slice(moment_->plays, row, size, columns))) return;
  }
}

}  // namespace playmirror::columns
