#include "core/stats/facts.hpp"

#include "core/sqlite/statement.hpp"
#include "core/stats/doubles.hpp"
#include "core/stats/plays_by_year.hpp"
#include "core/stats/tenths.hpp"
#include "core/stats/week_hours.hpp"
#include "core/text/fold.hpp"
#include "core/text/lower.hpp"
#include "core/text/trimmed.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace playmirror::stats {
namespace {

using columns::kNone;

/// The genres of each artist: strings of the list, as PostgreSQL's json_array_elements would give
/// them. A text that is no JSON list has none.
constexpr const char* kGenres =
    "SELECT r.id, element.value, r.genres FROM artists AS r, "
    "json_each(CASE WHEN json_valid(r.genres) THEN CASE json_type(r.genres) WHEN 'array' "
    "THEN r.genres END END) AS element WHERE element.type = 'text'";

/// What raw_data says. SQLite parses a text once for all functions of a row.
constexpr const char* kRawData =
    "SELECT id, album, artist, raw, json_extract(raw, '$.album.id'), "
    "json_extract(raw, '$.album.release_date'), json_extract(raw, '$.external_ids.isrc'), "
    "json_extract(raw, '$.artists[0].id') FROM (SELECT id, album, artist, "
    "CASE WHEN json_valid(raw_data) THEN raw_data END AS raw FROM tracks)";

/// What stands at a path, in brackets and with what lies below it, which is nothing: SQLite writes
/// out of a list what it would read as a number of its own.
constexpr const char* kAsWritten =
    "SELECT json_extract(raw_data, ?1, ?1 || '.none') FROM tracks WHERE id = ?2";

/// Whether a string of the JSON document is text to the server: a NUL, and half of a character that
/// is spelt as an escape, are not. A document of a server that knows of no encoding holds any
/// bytes.
bool is_text_of(std::string_view string, std::string_view document) {
  return text::is_server_text(string) ||
         (string.find('\0') == string.npos && !text::is_utf8(document));
}

/// The year that a date of Spotify begins with, of any precision; 0 for anything else.
std::int32_t year_of(std::string_view date) {
  if (date.size() < 4) return 0;
  std::int32_t year = 0;
  for (const char digit : date.substr(0, 4)) {
    if (digit < '0' || digit > '9') return 0;
    year = year * 10 + (digit - '0');
  }
  return year;
}

/// Numbers the keys in order, from 1 on.
template <typename Key>
std::map<Key, std::uint32_t> numbered(std::map<Key, std::uint32_t> keys) {
  std::uint32_t number = 0;
  for (auto& [key, group] : keys) group = ++number;
  return keys;
}

std::vector<std::uint32_t> first_to_last(std::size_t count) {
  std::vector<std::uint32_t> order(count - 1);
  std::iota(order.begin(), order.end(), 1U);
  return order;
}

/// By id; `size` is the room for every code.
template <typename Entries>
Order order_of(const Entries& entries, std::size_t size) {
  auto codes = first_to_last(entries.size());
  std::ranges::sort(codes, {}, [&](std::uint32_t code) { return entries[code].id; });
  return {std::move(codes), size};
}

}  // namespace

std::size_t Facts::tracks() {
  if (tracks_ == 0) tracks_ = std::max(columns_.tracks().size(), columns_.track_codes());
  return tracks_;
}

void Facts::read_known() {
  const std::scoped_lock lock(store_->filling);
  if (store_->known.empty()) {
    const auto& entries = columns_.tracks();
    store_->known.assign(tracks(), 0);
    for (std::uint32_t code = 1; code < entries.size(); ++code) {
      store_->known[code] = entries[code].exists ? 1 : 0;
    }
  }
  known_ = &store_->known;
}

const Order& Facts::order() {
  const std::scoped_lock lock(store_->filling);
  if (!store_->order) store_->order = order_of(columns_.tracks(), tracks());
  return *store_->order;
}

const Order& Facts::context_order() {
  const std::scoped_lock lock(store_->filling);
  auto& known = store_->context_order;
  if (!known || known->texts != columns_.text_version()) {
    const auto& contexts = columns_.contexts();
    known = std::make_shared<FactStore::ContextOrder>(
        FactStore::ContextOrder{columns_.text_version(), order_of(contexts, contexts.size())});
  }
  context_order_ = known;
  return context_order_->order;
}

const std::vector<std::int64_t>& Facts::durations() {
  const std::scoped_lock lock(store_->filling);
  if (store_->durations.empty()) {
    const auto& entries = columns_.tracks();
    store_->durations.assign(tracks(), -1);
    for (std::uint32_t code = 1; code < entries.size(); ++code) {
      store_->durations[code] = std::max(entries[code].duration_ms.value_or(-1), std::int64_t{-1});
    }
  }
  return store_->durations;
}

std::shared_ptr<const Tenths> Facts::tenths() {
  const std::scoped_lock lock(store_->filling);
  if (!store_->tenths) store_->tenths = std::make_shared<const Tenths>(durations());
  return store_->tenths;
}

std::shared_ptr<const WeekHours> Facts::week_hours(const std::shared_ptr<const Zone>& zone) {
  const std::scoped_lock lock(store_->filling);
  if (!store_->week_hours || store_->week_hours->zone() != zone) {
    store_->week_hours = std::make_shared<const WeekHours>(zone, durations());
  }
  return store_->week_hours;
}

const std::vector<std::uint32_t>& Facts::identity(TrackIdentity identity) {
  const std::scoped_lock lock(store_->filling);
  auto& codes = store_->identities[static_cast<std::size_t>(identity)];
  if (codes.empty()) {
    if (identity == TrackIdentity::isrc) {
      codes = by_isrc();
    } else if (identity == TrackIdentity::fingerprint) {
      codes = by_fingerprint();
    } else {
      codes.resize(tracks());
      std::iota(codes.begin(), codes.end(), 0U);
    }
  }
  return codes;
}

const Groups& Facts::track_groups(TrackIdentity identity) {
  const std::scoped_lock lock(store_->filling);
  auto& groups = store_->track_groups[static_cast<std::size_t>(identity)];
  if (!groups) {
    Groups found;
    const auto& same = this->identity(identity);
    for (std::uint32_t code = 0; code < tracks(); ++code) {
      const std::uint32_t group = known(code) ? same[code] : 0;
      found.add({&group, 1});
    }
    found.count = tracks();
    found.order = order();
    groups = std::move(found);
  }
  return *groups;
}

std::vector<std::uint32_t> Facts::by_isrc() {
  read_raw_data();
  std::vector<std::uint32_t> codes(tracks());
  std::iota(codes.begin(), codes.end(), 0U);
  std::unordered_map<std::string_view, std::uint32_t> first;
  for (const std::uint32_t code : order().codes) {
    if (!store_->isrcs[code].empty())
      codes[code] = first.emplace(store_->isrcs[code], code).first->second;
  }
  return codes;
}

std::vector<std::uint32_t> Facts::by_fingerprint() {
  constexpr std::int64_t kSameLength = 2'000;
  const auto& entries = columns_.tracks();
  std::vector<std::uint32_t> codes(tracks());
  std::iota(codes.begin(), codes.end(), 0U);
  std::map<std::pair<std::string, std::vector<std::uint32_t>>, std::vector<std::uint32_t>> alike;
  for (const std::uint32_t code : order().codes) {
    const auto& entry = entries[code];
    if (!entry.name || entry.artists.empty()) continue;
    const std::vector<std::uint32_t> artists(entry.artists.begin(), entry.artists.end());
    alike[{text::fold(*entry.name), artists}].push_back(code);
  }
  // From the shortest on: what is at most 2 s longer than the first of a group belongs to it.
  for (auto& [key, group] : alike) {
    std::ranges::stable_sort(group, {}, [&](std::uint32_t code) { return durations()[code]; });
    for (auto begin = group.begin(); begin != group.end();) {
      const std::int64_t shortest = durations()[*begin];
      const auto end = std::find_if(begin, group.end(), [&](std::uint32_t code) {
        const std::int64_t duration = durations()[code];
        return (duration < 0) != (shortest < 0) || duration - shortest > kSameLength;
      });
      const std::uint32_t lowest = *std::min_element(
          begin, end,
          [&](std::uint32_t a, std::uint32_t b) { return entries[a].id < entries[b].id; });
      for (; begin != end; ++begin) codes[*begin] = lowest;
    }
  }
  return codes;
}

const Groups& Facts::artists(ArtistCredit credit) {
  const std::scoped_lock lock(store_->filling);
  auto& groups = store_->artists[static_cast<std::size_t>(credit)];
  if (groups) return *groups;
  const bool primary = credit == ArtistCredit::primary;
  if (primary) read_raw_data();
  Groups found;
  const auto& entries = columns_.tracks();
  for (std::uint32_t code = 0; code < tracks(); ++code) {
    std::span<const std::uint32_t> credited;
    if (primary) {
      credited = {&store_->primary[code], 1};
    } else if (code < entries.size()) {
      credited = entries[code].artists;
    }
    const std::uint32_t unknown = kNone;
    found.add(credited.empty() ? std::span(&unknown, 1) : credited);
  }
  found.count = columns_.artists().size();
  found.order = order_of(columns_.artists(), found.count);
  return groups.emplace(std::move(found));
}

void Facts::read_raw_data() {
  const std::scoped_lock lock(store_->filling);
  if (store_->has_raw_data) return;
  store_->primary.assign(tracks(), kNone);
  store_->isrcs.assign(tracks(), {});
  store_->years.assign(tracks(), 0);
  // Albums by their id come first, then those that only have a name, by that and the artist.
  using Key = std::tuple<bool, std::string, std::optional<std::string>>;
  std::map<Key, std::uint32_t> keys;
  std::vector<std::map<Key, std::uint32_t>::iterator> album_of(tracks(), keys.end());
  std::vector<std::pair<std::optional<std::string>, std::optional<std::string>>> names(tracks());

  auto row = columns_.database().prepare(kRawData);
  auto written = columns_.database().prepare(kAsWritten);
  const auto text = [&](int column) -> std::optional<std::string> {
    if (row.is_null(column)) return std::nullopt;
    return std::string(row.text(column));
  };
  const auto told = [&](int column) -> std::optional<std::string> {
    if (row.is_null(column) || !is_text_of(row.text(column), row.text(3))) return std::nullopt;
    return std::string(row.text(column));
  };
  // The server tells a number as it is written, so that no two of them are one.
  const auto told_id = [&](int column, const char* path) -> std::optional<std::string> {
    const auto kind = row.kind(column);
    if (kind != sqlite::Statement::Kind::integer && kind != sqlite::Statement::Kind::real) {
      return told(column);
    }
    written.bind_all(path, row.text(0)).step();
    const std::string listed(written.text(0));
    written.reset();
    return listed.substr(1, listed.size() - std::string_view("[,null]").size());
  };
  while (row.step()) {
    const std::uint32_t code = columns_.tracks().find(row.text(0));
    if (code == kNone) continue;
    names[code] = {text(1), text(2)};
    if (const auto id = told_id(4, "$.album.id"); id && !id->empty()) {
      album_of[code] = keys.try_emplace({false, *id, {}}, 0).first;
    } else if (names[code].first) {
      album_of[code] = keys.try_emplace({true, *names[code].first, names[code].second}, 0).first;
    }
    if (const auto date = told(5)) store_->years[code] = year_of(*date);
    if (auto isrc = told_id(6, "$.external_ids.isrc")) store_->isrcs[code] = *std::move(isrc);
    if (const auto artist = told_id(7, "$.artists[0].id")) {
      store_->primary[code] = columns_.artists().find(*artist);
    }
  }

  std::uint32_t number = 0;
  store_->album_list.assign(keys.size() + 1, {});
  for (auto& [key, group] : keys) {
    group = ++number;
    if (!std::get<0>(key)) store_->album_list[group].id = std::get<1>(key);
  }
  for (const std::uint32_t code : order().codes) {
    if (album_of[code] == keys.end()) continue;
    Album& album = store_->album_list[album_of[code]->second];
    const auto& [name, artist] = names[code];
    if (name && !std::exchange(album.has_name, true)) album.name = *name;
    if (artist && !std::exchange(album.has_artist, true)) album.artist = *artist;
  }
  store_->albums.emplace();
  for (std::uint32_t code = 0; code < tracks(); ++code) {
    const std::uint32_t group = album_of[code] == keys.end() ? 0 : album_of[code]->second;
    store_->albums->add({&group, 1});
  }
  store_->albums->count = keys.size() + 1;
  store_->albums->order = {first_to_last(store_->albums->count), store_->albums->count};
  store_->album_names.assign(tracks(), {});
  for (std::uint32_t code = 0; code < tracks(); ++code) {
    store_->album_names[code] = std::move(names[code].first);
  }
  store_->has_raw_data = true;
}

const std::vector<std::optional<std::string>>& Facts::album_names() {
  read_raw_data();
  return store_->album_names;
}

const Groups& Facts::albums() {
  read_raw_data();
  return *store_->albums;
}

const std::vector<std::int32_t>& Facts::years() {
  read_raw_data();
  return store_->years;
}

std::shared_ptr<const YearBins> Facts::year_bins() {
  const std::scoped_lock lock(store_->filling);
  if (!store_->year_bins) {
    store_->year_bins = std::make_shared<const YearBins>(years(), durations());
  }
  return store_->year_bins;
}

const Groups& Facts::genres() {
  const std::scoped_lock lock(store_->filling);
  if (store_->genres) return *store_->genres;
  std::map<std::string, std::uint32_t> keys;
  std::vector<std::vector<std::string>> of_artist(columns_.artists().size());
  auto row = columns_.database().prepare(kGenres);
  while (row.step()) {
    const std::uint32_t artist = columns_.artists().find(row.text(0));
    if (artist == kNone || !is_text_of(row.text(1), row.text(2))) continue;
    std::string genre = text::lower(text::trimmed(row.text(1)));
    if (genre.empty()) continue;
    keys.emplace(genre, 0);
    of_artist[artist].push_back(std::move(genre));
  }
  keys = numbered(std::move(keys));
  store_->genre_list.assign(1, {});
  for (const auto& [genre, group] : keys) store_->genre_list.push_back(genre);

  Groups found;
  const Groups& credited = artists(ArtistCredit::each);
  std::vector<std::uint32_t> groups;
  for (std::uint32_t code = 0; code < tracks(); ++code) {
    groups.clear();
    for (const std::uint32_t artist : credited.of(code)) {
      for (const std::string& genre : of_artist[artist]) groups.push_back(keys.at(genre));
    }
    std::ranges::sort(groups);
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    if (groups.empty()) groups.push_back(0);
    found.add(groups);
  }
  found.count = store_->genre_list.size();
  found.order = {first_to_last(found.count), found.count};
  return store_->genres.emplace(std::move(found));
}

const Features& Facts::features() {
  const std::scoped_lock lock(store_->filling);
  if (!store_->features) {
    store_->features = std::make_shared<const Features>(columns_, order(), tracks());
  }
  return *store_->features;
}

const FeatureRanks& Facts::feature_ranks() {
  const std::scoped_lock lock(store_->filling);
  if (!store_->feature_ranks) {
    store_->feature_ranks = std::make_shared<const FeatureRanks>(features(), order());
  }
  return *store_->feature_ranks;
}

std::shared_ptr<const std::unordered_set<std::int64_t>> Facts::doubles(
    TrackIdentity same, std::chrono::milliseconds window) {
  const std::scoped_lock lock(store_->filling);
  auto& known = store_->doubles;
  const std::int64_t plays = columns_.version();
  if (!known || known->plays != plays || known->identity != same || known->window != window) {
    known = std::make_shared<FactStore::Doubles>(FactStore::Doubles{
        plays, same, window, find_doubles(columns_, identity(same), durations(), window)});
  }
  return {known, &known->ids};
}

}  // namespace playmirror::stats
