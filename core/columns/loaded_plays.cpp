#include "core/columns/loaded_plays.hpp"

#include "core/columns/code_store.hpp"
#include "core/columns/rebuild.hpp"
#include "core/columns/row_source.hpp"
#include "core/time/postgres_time.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

namespace playmirror::columns {
namespace {

/// More late plays than this, or more without a time, and sorting all of them in SQLite costs less.
constexpr std::size_t kMostOutOfOrder = 2 * kMostLate;

std::size_t find(const std::vector<schema::ColumnLayout>& columns, std::string_view name) {
  const auto found = std::ranges::find(columns, name, &schema::ColumnLayout::name);
  return static_cast<std::size_t>(found - columns.begin());
}

const std::int64_t* integer(const ingest::RowReader& row, std::size_t field) {
  return std::get_if<std::int64_t>(&row[field].value);
}

/// Without data for NULL.
std::string_view text(const ingest::RowReader& row, std::size_t field) {
  const auto* value = std::get_if<std::string_view>(&row[field].value);
  if (value == nullptr) return {};
  return value->empty() ? "" : *value;
}

}  // namespace

LoadedPlays::LoadedPlays(const sqlite::Database& database,
                         const std::vector<schema::ColumnLayout>& columns)
    : fields_{find(columns, "id"),          find(columns, "played_at"), find(columns, "track_id"),
              find(columns, "listened_ms"), find(columns, "skipped"),   find(columns, "source"),
              find(columns, "context_uri")},
      builder_([this](EncodedBlock&& block) { complete_.push_back(std::move(block)); }) {
  book_.read_catalogue(database);
  waiting_.reserve(2 * kBlockPlays);
}

void LoadedPlays::add(const ingest::RowReader& row) {
  // Who writes a row without key refuses it.
  const std::int64_t* id = integer(row, fields_.id);
  if (given_up_ || id == nullptr) return;
  ++plays_;
  const std::size_t at = arrivals_.count++;
  PlayRow& play = arrivals_.plays[at];
  play = {.key = {kNoTime, *id}};
  if (const auto micros = row.postgres_micros(fields_.played_at)) {
    play.key.played_at = instant_of(*micros);
  }
  if (const auto* listened = integer(row, fields_.listened_ms)) play.listened_ms = *listened;
  if (const auto* skipped = integer(row, fields_.skipped)) {
    play.skipped = *skipped != 0 ? kSkipped : kNotSkipped;
  }
  arrivals_.tracks[at] = text(row, fields_.track);
  arrivals_.sources[at] = text(row, fields_.source);
  arrivals_.contexts[at] = text(row, fields_.context);
  if (arrivals_.count == Arrivals::kMost) settle_arrivals();
}

void LoadedPlays::settle_arrivals() {
  const std::size_t count = std::exchange(arrivals_.count, 0);
  std::array<std::uint32_t, Arrivals::kMost> tracks;
  std::array<std::uint32_t, Arrivals::kMost> sources;
  std::array<std::uint32_t, Arrivals::kMost> contexts;
  book_.tracks.codes_for({arrivals_.tracks.data(), count}, tracks);
  book_.sources.codes_for({arrivals_.sources.data(), count}, sources);
  book_.contexts.codes_for({arrivals_.contexts.data(), count}, contexts);
  for (std::size_t i = 0; i < count && !given_up_; ++i) {
    PlayRow& play = arrivals_.plays[i];
    play.track = tracks[i];
    play.source = sources[i];
    play.context = contexts[i];
    place(play);
  }
}

void LoadedPlays::place(const PlayRow& play) {
  if (border_ && play.key < *border_) {
    // Its codes are in the book now, from which it is read again when it is sealed.
    late_.push_back(play.key.id);
    if (late_.size() > kMostOutOfOrder) give_up();
    return;
  }
  if (is_open_ended(play.key)) {
    open_ended_.push_back(play);
    if (open_ended_.size() > kMostOutOfOrder) give_up();
    return;
  }
  waiting_.push_back(play);
  if (waiting_.size() == 2 * kBlockPlays) make_block();
}

void LoadedPlays::make_block() {
  if (!std::ranges::is_sorted(waiting_, {}, &PlayRow::key)) {
    std::ranges::sort(waiting_, {}, &PlayRow::key);
  }
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(kBlockPlays);
  for (auto play = waiting_.begin(); play != end; ++play) builder_.add(*play);
  border_ = std::prev(end)->key;
  waiting_.erase(waiting_.begin(), end);
}

void LoadedPlays::give_up() {
  given_up_ = true;
  for (auto* plays : {&waiting_, &open_ended_}) std::vector<PlayRow>().swap(*plays);
  late_.clear();
  complete_.clear();
}

std::vector<EncodedBlock> LoadedPlays::take_blocks() {
  settle_arrivals();
  return std::exchange(complete_, {});
}

bool LoadedPlays::finish(sqlite::Database& database) {
  if (given_up_ || database.query_int("SELECT count(*) FROM play_history") != plays_ ||
      database.query_int("SELECT EXISTS (SELECT 1 FROM playmirror_outbox)") != 0) {
    return false;
  }
  for (auto* plays : {&waiting_, &open_ended_}) {
    std::ranges::sort(*plays, {}, &PlayRow::key);
    for (const PlayRow& play : *plays) builder_.add(play);
  }
  const auto totals = builder_.finish(book_.tracks.size());
  for (const EncodedBlock& block : take_blocks()) write_block(database, block);
  write_totals(database, totals);
  store(database, book_);
  auto unsealed = database.prepare("INSERT INTO playmirror_unsealed (id) VALUES (?)");
  for (const std::int64_t id : late_) unsealed.bind_all(id).run();
  if (!late_.empty()) seal(database);
  mark_built(database);
  return true;
}

}  // namespace playmirror::columns
