#include "core/query/plays_table.hpp"

#include "core/columns/play_columns.hpp"
#include "core/table/column_data.hpp"

#include <playmirror/error.hpp>
#include <playmirror/members.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
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

  T& operator[](std::size_t row) noexcept { return values_[row]; }

  /// The column: missing values become null.
  [[nodiscard]] std::shared_ptr<Column::Data> finish(const char* name, ColumnType type) && {
    auto data = std::make_shared<Column::Data>();
    data->field = {name, type};
    data->size = rows_;
    data->arrow_nulls =
        static_cast<std::size_t>(std::count(values_.get(), values_.get() + rows_, kMissing<T>));
    if (data->arrow_nulls != 0)
      data->validity = bits([](T& value) {
        const bool valid = value != kMissing<T>;
        if (!valid) value = 0;
        return valid;
      });
    data->values = Buffer(std::shared_ptr<T[]>(std::move(values_)));
    return data;
  }

  /// A bit for each row.
  template <typename Test>
  [[nodiscard]] Buffer bits(const Test& test) {
    std::vector<std::uint8_t> bytes(rows_ / 8 + 1);
    for (std::size_t row = 0; row < rows_; ++row) {
      bytes[row / 8] =
          static_cast<std::uint8_t>(bytes[row / 8] | int{test(values_[row])} << row % 8);
    }
    return buffer_of(std::move(bytes));
  }

 private:
  std::size_t rows_;
  std::unique_ptr<T[]> values_;
};

/// Codes of a dictionary of the columns, renumbered in the order in which they come, so that only
/// texts in use are handed out.
class Codes {
 public:
  Codes(std::size_t rows, std::size_t codes) : rows_(rows), numbers_(codes, kUnknown) {
    numbers_[columns::kNone] = kMissing<std::int32_t>;
  }

  void put(std::size_t row, std::uint32_t code) {
    if (numbers_[code] == kUnknown) {
      numbers_[code] = static_cast<std::int32_t>(used_.size());
      used_.push_back(code);
    }
    rows_[row] = numbers_[code];
  }

  template <typename Dictionary>
  [[nodiscard]] Column finish(const char* name, const Dictionary& dictionary) && {
    auto texts = std::make_shared<Column::Data>();
    std::vector<std::int64_t> offsets{0};
    std::vector<char> bytes;
    for (const std::uint32_t code : used_) {
      const std::string_view text = dictionary[code].id;
      bytes.insert(bytes.end(), text.begin(), text.end());
      offsets.push_back(std::ssize(bytes));
    }
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

/// All columns of a table of plays, filled row by row.
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

  /// Adds as many plays of the batch as there is room for.
  void add(const Batch& batch, bool backward) {
    const std::size_t count = std::min(batch.size, rows_ - row_);
    for (std::size_t i = 0; i < count; ++i) add_play(batch, backward ? batch.size - 1 - i : i);
  }

  [[nodiscard]] Table finish() && {
    auto times = std::move(times_).finish("played_at", ColumnType::timestamp);
    times->beyond = std::move(beyond_);
    auto skipped = std::make_shared<Column::Data>();
    skipped->values = skipped_.bits([](std::int8_t value) { return value == columns::kSkipped; });
    const Buffer flags = skipped->values;
    skipped = std::move(skipped_).finish("skipped", ColumnType::boolean);
    skipped->values = flags;
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
  void add_play(const Batch& batch, std::size_t i) {
    const auto listened = batch.listened(i);
    if (batch.id[i] == kMissing<std::int64_t> || listened == kMissing<std::int64_t>) exact_ = false;
    ids_[row_] = batch.id[i];
    times_[row_] = time_of(batch.played_at[i]);
    listened_[row_] = listened.value_or(kMissing<std::int64_t>);
    const std::int8_t skipped = batch.skipped[i];
    skipped_[row_] = skipped == columns::kSkipUnknown ? kMissing<std::int8_t> : skipped;
    tracks_.put(row_, batch.track[i]);
    contexts_.put(row_, batch.context[i]);
    sources_.put(row_, batch.source[i]);
    ++row_;
  }

  std::int64_t time_of(std::int64_t time) {
    if (time > columns::kNegativeInfinity && time < columns::kLastInstant) return time;
    if (time == columns::kNegativeInfinity) {
      beyond_.emplace_back(row_, Timestamp::negative_infinity());
    } else if (time == columns::kInfinity) {
      beyond_.emplace_back(row_, Timestamp::infinity());
    } else if (time == columns::kLastInstant) {
      exact_ = false;
    }
    return kMissing<std::int64_t>;
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
bool convert(const std::optional<Timestamp>& limit, std::optional<std::int64_t>& micros) {
  if (!limit) return true;
  static const Timestamp last = Timestamp::from_unix_micros(columns::kLastInstant - 1);
  if (!limit->is_finite() || *limit > last) return false;
  micros = limit->unix_micros();
  return true;
}

}  // namespace

std::optional<Table> plays_table(MirrorState& state, const PlayFilter& filter) {
  if (filter.track_id || filter.artist_id || filter.source || filter.context_uri ||
      filter.skipped || filter.pending || filter.limit < 0) {
    return std::nullopt;
  }
  columns::Period period;
  if (!convert(filter.since, period.since) || !convert(filter.until, period.until)) {
    return std::nullopt;
  }
  const PlayColumns plays = PlayColumns::read(state);
  std::size_t rows = plays.count(period);
  if (filter.limit != 0) rows = std::min(rows, static_cast<std::size_t>(filter.limit));
  PlaysTable table(plays, rows);
  const bool backward = filter.order == Order::newest_first;
  const auto visit = [&](const Batch& batch) {
    table.add(batch, backward);
    return !table.is_full() && table.is_exact();
  };
  if (backward) {
    plays.scan_back(period, columns::Column::all, visit);
  } else {
    plays.scan(period, columns::Column::all, visit);
  }
  if (!table.is_exact()) return std::nullopt;
  if (!table.is_full()) raise(ErrorCode::internal, "the columns of plays lost some on the way");
  return std::move(table).finish();
}

}  // namespace playmirror::query
