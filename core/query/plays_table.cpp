#include "core/query/plays_table.hpp"

#include "core/columns/column_cache.hpp"
#include "core/columns/play_columns.hpp"
#include "core/table/column_data.hpp"
#include "core/text/utf8.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace playmirror::query {
namespace {

using columns::Batch;
using columns::PlayColumns;

/// Marks a row without a value until its bit is set.
template <typename T>
constexpr T kMissing = std::numeric_limits<T>::min();

/// Room for the values of a column, not initialised: every row is written once.
template <typename T>
class Values {
 public:
  explicit Values(std::size_t rows) : rows_(rows), values_(new T[rows + 1]) {}

  [[nodiscard]] T* at(std::size_t row) noexcept { return values_.get() + row; }

  /// The column: missing values become null.
  [[nodiscard]] std::shared_ptr<Column::Data> finish(const char* name, ColumnType type) && {
    auto data = std::make_shared<Column::Data>();
    data->field = {name, type};
    data->size = rows_;
    data->arrow_nulls =
        static_cast<std::size_t>(std::count(values_.get(), values_.get() + rows_, kMissing<T>));
    if (data->arrow_nulls != 0) {
      data->validity = bits([](T value) { return value != kMissing<T>; });
      std::replace(values_.get(), values_.get() + rows_, kMissing<T>, T{0});
    }
    data->values = Buffer(std::shared_ptr<T[]>(std::move(values_)));
    return data;
  }

  /// A bit for each row.
  template <typename Test>
  [[nodiscard]] Buffer bits(const Test& test) const {
    std::vector<std::uint8_t> bytes((rows_ + 7) / 8);
    for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
      const std::size_t count = std::min<std::size_t>(8, rows_ - 8 * byte);
      unsigned set = 0;
      for (std::size_t bit = 0; bit < count; ++bit) {
        set |= static_cast<unsigned>(test(values_[8 * byte + bit])) << bit;
      }
      bytes[byte] = static_cast<std::uint8_t>(set);
    }
    return buffer_of(std::move(bytes));
  }

 private:
  std::size_t rows_;
  std::unique_ptr<T[]> values_;
};

/// Writes what `make` makes of each of the first `count` values, or of the last, beginning with the
/// last.
template <typename In, typename Out, typename Make>
void convert(std::span<const In> values, std::size_t count, bool backward, Out* out,
             const Make& make) {
  if (backward) {
    const In* const last = values.data() + values.size() - 1;
    for (std::size_t i = 0; i < count; ++i) out[i] = make(last[-static_cast<std::ptrdiff_t>(i)]);
  } else {
    for (std::size_t i = 0; i < count; ++i) out[i] = make(values[i]);
  }
}

/// Codes of a dictionary of the columns, renumbered in the order in which they come, so that only
/// texts in use are handed out.
class Codes {
 public:
  Codes(std::size_t rows, std::size_t codes) : rows_(rows), numbers_(codes, kUnknown) {
    numbers_[columns::kNone] = kMissing<std::int32_t>;
  }

  void add(std::size_t row, std::span<const std::uint32_t> codes, std::size_t count,
           bool backward) {
    convert(codes, count, backward, rows_.at(row), [this](std::uint32_t code) {
      std::int32_t& number = numbers_[code];
      if (number == kUnknown) {
        number = static_cast<std::int32_t>(used_.size());
        used_.push_back(code);
      }
      return number;
    });
  }

  template <typename Dictionary>
  [[nodiscard]] Column finish(const char* name, const Dictionary& dictionary) && {
    std::vector<std::int64_t> offsets{0};
    std::vector<char> bytes;
    for (const std::uint32_t code : used_) {
      text::call_with_utf8(dictionary[code].id, [&](std::string_view text) {
        bytes.insert(bytes.end(), text.begin(), text.end());
      });
      offsets.push_back(std::ssize(bytes));
    }
    auto texts = std::make_shared<Column::Data>();
    texts->field = {"", ColumnType::utf8};
    texts->size = used_.size();
    texts->values = buffer_of(std::move(bytes));
    texts->offsets = buffer_of(std::move(offsets));
    auto data = std::move(rows_).finish(name, ColumnType::dictionary);
    data->child = std::move(texts);
    return Column(std::move(data));
  }

 private:
  static constexpr std::int32_t kUnknown = -1;

  Values<std::int32_t> rows_;
  std::vector<std::int32_t> numbers_;  ///< by code
  std::vector<std::uint32_t> used_;    ///< codes by number
};

/// All columns of a table of plays, filled batch by batch.
class PlaysTable {
 public:
  PlaysTable(const PlayColumns& plays, std::size_t rows)
      : plays_(plays),
        rows_(rows),
        ids_(rows),
        times_(rows),
        listened_(rows),
        skipped_(rows),
        tracks_(rows, plays.tracks().size()),
        contexts_(rows, plays.contexts().size()),
        sources_(rows, plays.sources().size()) {}

  [[nodiscard]] bool is_full() const noexcept { return row_ == rows_; }

  /// Whether every value could be told: the last time of the range stands for many, and the least
  /// integer for none.
  [[nodiscard]] bool is_exact() const noexcept { return exact_; }

  /// Adds as many plays of the batch as there is room for, those at its end if `backward`.
  void add(const Batch& batch, bool backward) {
    const std::size_t count = std::min(batch.size, rows_ - row_);
    convert(batch.id, count, backward, ids_.at(row_), [](std::int64_t id) { return id; });
    add_times(batch.played_at, count, backward);
    add_listened(batch, count, backward);
    convert(batch.skipped, count, backward, skipped_.at(row_), [](std::int8_t skipped) {
      return skipped == columns::kSkipUnknown ? kMissing<std::int8_t> : skipped;
    });
    tracks_.add(row_, batch.track, count, backward);
    contexts_.add(row_, batch.context, count, backward);
    sources_.add(row_, batch.source, count, backward);
    exact_ =
        exact_ && std::count(ids_.at(row_), ids_.at(row_ + count), kMissing<std::int64_t>) == 0;
    row_ += count;
  }

  [[nodiscard]] Table finish() && {
    auto times = std::move(times_).finish("played_at", ColumnType::timestamp);
    times->beyond = std::move(beyond_);
    Buffer flags = skipped_.bits([](std::int8_t value) { return value == columns::kSkipped; });
    auto skipped = std::move(skipped_).finish("skipped", ColumnType::boolean);
    skipped->values = std::move(flags);
    return Table({
        Column(std::move(ids_).finish("id", ColumnType::int64)),
        std::move(tracks_).finish("track_id", plays_.tracks()),
        Column(std::move(times)),
        std::move(contexts_).finish("context_uri", plays_.contexts()),
        Column(std::move(listened_).finish("listened_ms", ColumnType::int64)),
        Column(std::move(skipped)),
        std::move(sources_).finish("source", plays_.sources()),
    });
  }

 private:
  void add_times(std::span<const std::int64_t> times, std::size_t count, bool backward) {
    std::int64_t* const out = times_.at(row_);
    convert(times, count, backward, out, [](std::int64_t time) { return time; });
    // They rise, so the ends of the batch tell of all between.
    const bool finite =
        times.front() > columns::kNegativeInfinity && times.back() < columns::kLastInstant;
    for (std::size_t i = 0; i < count && !finite; ++i) {
      if (out[i] == columns::kNegativeInfinity) {
        beyond_.emplace_back(row_ + i, Timestamp::negative_infinity());
      } else if (out[i] == columns::kInfinity) {
        beyond_.emplace_back(row_ + i, Timestamp::infinity());
      } else if (out[i] == columns::kLastInstant) {
        exact_ = false;
      } else if (out[i] != columns::kNoTime) {
        continue;
      }
      out[i] = kMissing<std::int64_t>;
    }
  }

  void add_listened(const Batch& batch, std::size_t count, bool backward) {
    std::int64_t* const out = listened_.at(row_);
    bool wide = false;
    convert(batch.listened_ms, count, backward, out, [&wide](std::int32_t value) {
      wide = wide || value == columns::kWideListenedMs;
      return value == columns::kNoListenedMs ? kMissing<std::int64_t> : std::int64_t{value};
    });
    for (std::size_t i = 0; i < count && wide; ++i) {
      const auto exact = batch.listened(backward ? batch.size - 1 - i : i);
      if (!exact) continue;
      out[i] = *exact;
      exact_ = exact_ && *exact != kMissing<std::int64_t>;
    }
  }

  const PlayColumns& plays_;
  std::size_t rows_;
  std::size_t row_ = 0;
  bool exact_ = true;
  Values<std::int64_t> ids_;
  Values<std::int64_t> times_;
  Values<std::int64_t> listened_;
  Values<std::int8_t> skipped_;
  Codes tracks_;
  Codes contexts_;
  Codes sources_;
  std::vector<std::pair<std::size_t, Timestamp>> beyond_;
};

/// The limit in the columns' microseconds; false for one that they cannot hold.
bool fits(const std::optional<Timestamp>& limit, std::optional<std::int64_t>& micros) {
  if (!limit) return true;
  static const Timestamp last = Timestamp::from_unix_micros(columns::kLastInstant - 1);
  if (!limit->is_finite() || *limit > last) return false;
  micros = limit->unix_micros();
  return true;
}

/// Plays of a table that is kept for the next caller: ten million take some 400 MB.
constexpr std::size_t kMostKept = 12'000'000;

/// The first `rows` plays of the period, in order of time or backwards; null when one of them holds
/// what the columns cannot tell.
std::shared_ptr<const Table> make_table(const PlayColumns& plays, const columns::Period& period,
                                        std::size_t rows, bool backward) {
  PlaysTable table(plays, rows);
  const auto visit = [&](const Batch& batch) {
    table.add(batch, backward);
    return !table.is_full() && table.is_exact();
  };
  if (backward) {
    plays.scan_back(period, columns::Column::all, visit);
  } else {
    plays.scan(period, columns::Column::all, visit);
  }
  if (!table.is_exact()) return nullptr;
  if (!table.is_full()) raise(ErrorCode::internal, "the columns of plays lost some on the way");
  return std::make_shared<const Table>(std::move(table).finish());
}

/// The table of all plays: the last one that was handed out, if no play has changed since.
std::shared_ptr<const Table> all_plays(columns::ColumnCache& cache, const PlayColumns& plays,
                                       std::size_t rows, bool backward) {
  auto& kept = cache.all_plays[backward ? 1 : 0];
  // Never two of them: one is large enough.
  cache.all_plays[backward ? 0 : 1].drop_unless(-1);
  kept.drop_unless(plays.version());
  return kept.get(plays.version(), [&] { return make_table(plays, {}, rows, backward); });
}

}  // namespace

std::optional<Table> plays_table(MirrorState& state, const PlayFilter& filter) {
  if (filter.track_id || filter.artist_id || filter.source || filter.context_uri ||
      filter.skipped || filter.pending || filter.limit < 0) {
    return std::nullopt;
  }
  columns::Period period;
  if (!fits(filter.since, period.since) || !fits(filter.until, period.until)) {
    return std::nullopt;
  }
  const PlayColumns plays = PlayColumns::read(state);
  const bool backward = filter.order == Order::newest_first;
  std::size_t rows = plays.count(period);
  const bool all = filter.limit == 0 && period == columns::Period();
  if (filter.limit != 0) rows = std::min(rows, static_cast<std::size_t>(filter.limit));
  const auto table = all && !plays.from_rows() && rows <= kMostKept
                         ? all_plays(*state.column_cache(), plays, rows, backward)
                         : make_table(plays, period, rows, backward);
  if (!table) return std::nullopt;
  return *table;
}

}  // namespace playmirror::query
