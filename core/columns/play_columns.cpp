#include "core/columns/play_columns.hpp"

#include "core/columns/block_reader.hpp"
#include "core/columns/code_store.hpp"
#include "core/columns/column_cache.hpp"
#include "core/columns/file_moment.hpp"
#include "core/columns/period_sums.hpp"
#include "core/columns/row_source.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace playmirror::columns {
namespace {

/// Lookups of single tracks after which all are read.
constexpr int kMostLookups = 200;

/// Consecutive rows of a block, or of the plays outside the blocks.
struct Piece {
  bool outside = false;
  std::size_t begin = 0;
  std::size_t end = 0;
};

}  // namespace

struct PlayColumns::Moment {
  /// Runs `work`, and remembers when it finds the columns damaged.
  template <typename Work>
  auto guarded(const Work& work) const {
    try {
      return work();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::damaged) cache->damaged = true;
      throw;
    }
  }

  /// The present one, held at once.
  Moment(MirrorState& mirror, std::shared_ptr<ColumnCache> shared,
         std::optional<CommitWatch::Mark> before)
      : cache(std::move(shared)), file(mirror, before) {
    if (file.state().built && !cache->damaged) {
      snapshot = guarded([&] {
        return cache->snapshot.get(file.state().plays, [&] { return read_snapshot(database()); });
      });
      if (file.mark()) cache->keep({*file.mark(), file.state(), snapshot});
      return;
    }
    // Without columns, the rows stand in for them: all of them, as plays outside of any block.
    auto rows = std::make_shared<Snapshot>();
    book = std::make_shared<CodeBook>();
    CodeBook& all = *book;
    all.read_catalogue(database());
    PlayReader plays(database(), all);
    for (PlayRow play; plays.next(play);) rows->outside.add(play);
    rows->codes.tracks = all.tracks.size();
    snapshot = std::move(rows);
    tracks = {book, &all.tracks};
  }

  /// One that an earlier call knew.
  Moment(MirrorState& mirror, std::shared_ptr<ColumnCache> shared, ColumnCache::Known known)
      : cache(std::move(shared)),
        file(mirror, known.mark, known.state),
        snapshot(std::move(known.snapshot)) {}

  [[nodiscard]] sqlite::Database& database() const { return file.database(); }
  [[nodiscard]] const ColumnState& state() const { return file.state(); }
  [[nodiscard]] BlockReader blocks() const { return {file, *cache, *snapshot}; }
  [[nodiscard]] PeriodSums sums() const { return {file, *cache, *snapshot}; }

  [[nodiscard]] std::size_t outside_up_to(const PlayKey& key) const;
  [[nodiscard]] std::vector<Piece> pieces(std::size_t block, const TimeRange& range,
                                          std::size_t outside_begin, std::size_t outside_end) const;
  [[nodiscard]] std::uint64_t count(const Period& period) const;
  [[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>> bounds(
      const Period& period) const;
  [[nodiscard]] std::vector<std::int64_t> ids(std::span<const Place> places) const;
  void visit_all(const Period& period, Column columns, const Visitor& visit, bool backwards) const;

  std::shared_ptr<ColumnCache> cache;
  FileMoment file;
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<CodeBook> book;  ///< without columns
  std::shared_ptr<const TrackDictionary> tracks;
  std::shared_ptr<const ArtistDictionary> artists;
  std::shared_ptr<const TextDictionary> sources;
  std::shared_ptr<const TextDictionary> contexts;
  std::optional<TrackLookup> lookup;  ///< of track()
};

PlayColumns::PlayColumns(std::unique_ptr<Moment> moment) noexcept : moment_(std::move(moment)) {}
PlayColumns::PlayColumns(PlayColumns&&) noexcept = default;
PlayColumns& PlayColumns::operator=(PlayColumns&&) noexcept = default;
PlayColumns::~PlayColumns() = default;

PlayColumns PlayColumns::read(MirrorState& state, Hold hold) {
  const auto before = state.mark();
  auto cache = state.column_cache();
  if (hold == Hold::when_needed && before && !cache->damaged) {
    if (auto known = cache->known(*before)) {
      return PlayColumns(std::make_unique<Moment>(state, std::move(cache), *std::move(known)));
    }
  }
  return PlayColumns(std::make_unique<Moment>(state, std::move(cache), before));
}

PlayColumns PlayColumns::read_anew(MirrorState& state) {
  return PlayColumns(
      std::make_unique<Moment>(state, std::make_shared<ColumnCache>(), std::nullopt));
}

sqlite::Database& PlayColumns::database() const { return moment_->database(); }

bool PlayColumns::from_rows() const noexcept { return moment_->book != nullptr; }

std::int64_t PlayColumns::version() const noexcept { return moment_->state().plays; }

std::int64_t PlayColumns::text_version() const noexcept { return moment_->state().texts; }

PlayColumns::CatalogueVersion PlayColumns::catalogue_version() const {
  return {moment_->state().catalogue, database().query_int("PRAGMA schema_version"), track_codes()};
}

const std::optional<CommitWatch::Mark>& PlayColumns::mark() const noexcept {
  return moment_->file.mark();
}

const TrackDictionary& PlayColumns::tracks() const {
  if (!moment_->tracks) static_cast<void>(shared_tracks());
  return *moment_->tracks;
}

std::shared_ptr<const TrackDictionary> PlayColumns::shared_tracks() const {
  if (!moment_->tracks) {
    moment_->tracks = moment_->guarded([&] {
      return moment_->cache->tracks.get(moment_->state().tracks, [&] {
        auto tracks = std::make_shared<TrackDictionary>();
        load(database(), *tracks);
        return tracks;
      });
    });
  }
  return moment_->tracks;
}

const ArtistDictionary& PlayColumns::artists() const {
  if (moment_->book) return moment_->book->artists;
  if (!moment_->artists) {
    moment_->artists = moment_->guarded([&] {
      return moment_->cache->artists.get(moment_->state().artists, [&] {
        auto artists = std::make_shared<ArtistDictionary>();
        load(database(), *artists);
        return artists;
      });
    });
  }
  return *moment_->artists;
}

const TextDictionary& PlayColumns::sources() const {
  if (moment_->book) return moment_->book->sources;
  if (!moment_->sources) {
    moment_->sources = moment_->guarded([&] {
      return moment_->cache->sources.get(moment_->state().texts, [&] {
        auto sources = std::make_shared<TextDictionary>();
        load_sources(database(), *sources);
        return sources;
      });
    });
  }
  return *moment_->sources;
}

const TextDictionary& PlayColumns::contexts() const {
  if (moment_->book) return moment_->book->contexts;
  if (!moment_->contexts) {
    moment_->contexts = moment_->guarded([&] {
      return moment_->cache->contexts.get(moment_->state().texts, [&] {
        auto contexts = std::make_shared<TextDictionary>();
        load_contexts(database(), *contexts);
        return contexts;
      });
    });
  }
  return *moment_->contexts;
}

std::size_t PlayColumns::track_codes() const { return moment_->snapshot->codes.tracks; }

TrackEntry PlayColumns::track(std::uint32_t code) const {
  if (moment_->tracks) return tracks()[code];
  // Once a mirror has been asked for many, reading all of them is cheaper.
  if (moment_->cache->track_lookups > kMostLookups) return tracks()[code];
  ++moment_->cache->track_lookups;
  if (!moment_->lookup) moment_->lookup.emplace(database());
  return (*moment_->lookup)(code);
}

std::size_t PlayColumns::Moment::outside_up_to(const PlayKey& key) const {
  const PlayArrays& plays = snapshot->outside;
  // Not the one of ranges, of which clang 14 cannot make sense.
  const auto [first, last] =
      std::equal_range(plays.played_at.begin(), plays.played_at.end(), key.played_at);
  const auto base = plays.id.begin();
  const auto ids =
      std::span(base + (first - plays.played_at.begin()), base + (last - plays.played_at.begin()));
  return static_cast<std::size_t>(first - plays.played_at.begin()) +
         static_cast<std::size_t>(std::ranges::upper_bound(ids, key.id) - ids.begin());
}

std::vector<Piece> PlayColumns::Moment::pieces(std::size_t block, const TimeRange& range,
                                               std::size_t outside_begin,
                                               std::size_t outside_end) const {
  const auto [begin, end] = blocks().rows(block, range);
  std::vector<Piece> pieces;
  auto removed = std::ranges::lower_bound(snapshot->removed[block], begin, {}, &RemovedPlay::row);
  const auto last_removed = snapshot->removed[block].end();
  std::size_t row = begin;
  const auto go_to = [&](std::size_t target) {
    for (; removed != last_removed && removed->row < target; ++removed) {
      if (removed->row > row) pieces.push_back({false, row, removed->row});
      row = removed->row + std::size_t{1};
    }
    if (target > row) pieces.push_back({false, row, target});
    row = std::max(row, target);
  };
  BlockReader::Times times;
  BlockReader::Times ids;
  for (std::size_t i = outside_begin; i < outside_end; ++i) {
    const PlayKey key = snapshot->outside.key(i);
    if (!times && key > snapshot->blocks[block].first) {
      times = blocks().times(block);
      ids = blocks().ids(block);
    }
    std::size_t place = begin;
    if (times) {
      const auto [first, last] =
          std::equal_range(times->begin() + static_cast<std::ptrdiff_t>(begin),
                           times->begin() + static_cast<std::ptrdiff_t>(end), key.played_at);
      place = static_cast<std::size_t>(first - times->begin());
      const auto limit = static_cast<std::size_t>(last - times->begin());
      while (place < limit && (*ids)[place] < key.id) ++place;
    }
    go_to(place);
    if (!pieces.empty() && pieces.back().outside) {
      ++pieces.back().end;
    } else {
      pieces.push_back({true, i, i + 1});
    }
  }
  go_to(end);
  return pieces;
}

void PlayColumns::Moment::visit_all(const Period& period, Column columns, const Visitor& visit,
                                    bool backwards) const {
  const TimeRange range(period);
  const auto [first_block, last_block] = snapshot->blocks_in(range);
  const auto [outside_begin, outside_end] = range.rows(snapshot->outside.played_at);
  // Behind the last block stand the plays outside that are later than all of it.
  const std::size_t steps = last_block - first_block + 1;
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t block = first_block + (backwards ? steps - 1 - step : step);
    const auto within = [least = outside_begin, most = outside_end](std::size_t place) {
      return std::clamp(place, least, most);
    };
    const std::size_t begin = block == first_block
                                  ? outside_begin
                                  : within(outside_up_to(snapshot->blocks[block - 1].last));
    const std::size_t end =
        block == last_block ? outside_end : within(outside_up_to(snapshot->blocks[block].last));
    BlockColumns decoded;
    std::vector<Piece> list;
    if (block < last_block) {
      list = pieces(block, range, begin, end);
      if (!list.empty()) decoded = blocks().columns(block, columns);
    } else if (begin < end) {
      list.push_back({true, begin, end});
    }
    if (backwards) std::ranges::reverse(list);
    for (const Piece& piece : list) {
      Batch batch = piece.outside ? slice(snapshot->outside, piece.begin, piece.end, columns)
                                  : decoded.slice(piece.begin, piece.end);
      batch.first.block = piece.outside ? snapshot->blocks.size() : block;
      if (!visit(batch)) return;
    }
  }
}

void PlayColumns::scan(const Period& period, Column columns, const Visitor& visit) const {
  moment_->guarded([&] { moment_->visit_all(period, columns, visit, false); });
}

void PlayColumns::scan_back(const Period& period, Column columns, const Visitor& visit) const {
  moment_->guarded([&] { moment_->visit_all(period, columns, visit, true); });
}

std::vector<std::int64_t> PlayColumns::ids(std::span<const Place> places) const {
  return moment_->guarded([&] { return moment_->ids(places); });
}

std::vector<std::int64_t> PlayColumns::Moment::ids(std::span<const Place> places) const {
  std::vector<std::int64_t> ids(places.size());
  std::size_t block = 0;
  std::vector<std::uint32_t> rows;  // of that block, whose ids are yet to be read
  std::vector<std::size_t> wanting;
  const auto read = [&] {
    const auto found = blocks().ids(block, rows);
    for (std::size_t i = 0; i < found.size(); ++i) ids[wanting[i]] = found[i];
    rows.clear();
    wanting.clear();
  };
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place& place = places[i];
    if (place.block == snapshot->blocks.size()) {
      ids[i] = snapshot->outside.id[place.row];
      continue;
    }
    if (place.block != block && !rows.empty()) read();
    block = place.block;
    rows.push_back(static_cast<std::uint32_t>(place.row));
    wanting.push_back(i);
  }
  if (!rows.empty()) read();
  return ids;
}

std::uint64_t PlayColumns::count(const Period& period) const {
  return moment_->guarded([&] { return moment_->count(period); });
}

std::uint64_t PlayColumns::Moment::count(const Period& period) const {
  const TimeRange range(period);
  const auto [outside_begin, outside_end] = range.rows(snapshot->outside.played_at);
  std::uint64_t plays = outside_end - outside_begin;
  const auto [first, last] = snapshot->blocks_in(range);
  for (std::size_t block = first; block < last; ++block) {
    const auto [begin, end] = blocks().rows(block, range);
    plays += end - begin;
    for (const RemovedPlay& removed : snapshot->removed[block]) {
      if (removed.row >= begin && removed.row < end) --plays;
    }
  }
  return plays;
}

std::optional<std::pair<std::int64_t, std::int64_t>> PlayColumns::bounds(
    const Period& period) const {
  return moment_->guarded([&] { return moment_->bounds(period); });
}

std::optional<std::pair<std::int64_t, std::int64_t>> PlayColumns::Moment::bounds(
    const Period& period) const {
  const TimeRange range(period);
  std::optional<std::pair<std::int64_t, std::int64_t>> bounds;
  const auto add = [&](std::span<const std::int64_t> times) {
    if (times.empty()) return;
    if (!bounds) bounds = {times.front(), times.back()};
    bounds->first = std::min(bounds->first, times.front());
    bounds->second = std::max(bounds->second, times.back());
  };
  const auto [outside_begin, outside_end] = range.rows(snapshot->outside.played_at);
  add(std::span(snapshot->outside.played_at).subspan(outside_begin, outside_end - outside_begin));
  const auto add_block = [&](std::size_t block) {
    const auto [begin, end] = blocks().rows(block, range);
    if (begin < end) add(blocks().columns(block, Column::played_at).slice(begin, end).played_at);
    return begin < end;
  };
  const auto [first, last] = snapshot->blocks_in(range);
  for (std::size_t block = first; block < last && !add_block(block);) ++block;
  for (std::size_t block = last; block > first && !add_block(block - 1);) --block;
  return bounds;
}

std::shared_ptr<const std::vector<std::uint32_t>> PlayColumns::track_counts(
    const Period& period) const {
  return moment_->guarded([&] { return moment_->sums().counts(TimeRange(period)); });
}

std::vector<TrackPlays> PlayColumns::most_played(const Period& period, std::size_t n) const {
  return moment_->guarded([&] { return moment_->sums().most_played(TimeRange(period), n); });
}

bool PlayColumns::has_binned(const Period& period, std::shared_ptr<const Bins> bins) const {
  return moment_->guarded(
      [&] { return moment_->sums().has_binned(moment_->count(period), std::move(bins)); });
}

std::vector<std::uint64_t> PlayColumns::binned(const Period& period,
                                               std::shared_ptr<const Bins> bins) const {
  return moment_->guarded(
      [&] { return moment_->sums().binned(TimeRange(period), std::move(bins)); });
}

std::vector<Sparse<TrackSums>::Item> PlayColumns::track_sums(const Period& period) const {
  return moment_->guarded([&] { return moment_->sums().sums(TimeRange(period)); });
}

}  // namespace playmirror::columns
