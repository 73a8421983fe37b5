#include "core/import/recorder.hpp"

#include "core/outbox/bulk.hpp"
#include "core/outbox/outbox.hpp"
#include "core/sqlite/row_source.hpp"
#include "core/test_hooks.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace playmirror::import {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;

/// By how much clocks and services disagree about one and the same moment.
constexpr std::int64_t kSlack = kMinute;

/// No play is taken for longer than this when looking for another record of it.
constexpr std::int64_t kLongest = 3 * 60 * kMinute;

Timestamp moved(Timestamp time, std::int64_t micros) {
  return Timestamp::from_postgres_micros(time.postgres_micros() + micros);
}

/// The minute that an instant lies in.
std::int64_t minute_of(Timestamp time) {
  const std::int64_t micros = time.postgres_micros();
  return micros / kMinute - (micros % kMinute < 0 ? 1 : 0);
}

bool is_on_the_minute(Timestamp time) { return time.postgres_micros() % kMinute == 0; }

/// How long a listen may have lasted, and a little more.
std::int64_t reach_of(const Listen& listen) {
  const std::int64_t length =
      std::max(listen.listened_ms.value_or(0), listen.duration_ms.value_or(0)) * 1000;
  return std::clamp<std::int64_t>(length, 0, kLongest) + kSlack;
}

std::string main_artist(const Listen& listen) {
  return listen.artists.empty() ? std::string() : listen.artists.front();
}

std::string credits(const Listen& listen) {
  std::string all;
  for (const std::string& artist : listen.artists) all += (all.empty() ? "" : ", ") + artist;
  return all;
}

std::uint64_t hash_of(const std::string& song, std::int64_t time, bool to_the_minute) {
  return std::hash<std::string>()(song + '\x1f' + std::to_string(time) +
                                  (to_the_minute ? "m" : ""));
}

std::optional<std::string> unless_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

/// A listen that is to be recorded.
struct Recorder::New {
  const Listen* listen;
  std::string track_id;
  std::string played_at;
  bool new_track;
};

/// Plays of the mirror near a moment.
class Recorder::Lookup {
 public:
  explicit Lookup(const sqlite::Database& database)
      : exact_(database.prepare(
            "SELECT max(id) FROM play_history WHERE played_at = ? AND track_id = ?")),
        near_(database.prepare(
            "SELECT p.id, p.played_at, p.source, p.track_id, t.artist, t.name "
            "FROM play_history AS p LEFT JOIN tracks AS t ON t.id = p.track_id "
            "WHERE p.played_at >= ? AND p.played_at <= ? ORDER BY p.played_at, p.id")),
        track_(database.prepare("SELECT 1 FROM tracks WHERE id = ?")) {}

  /// The id of the play of that track at that instant.
  std::optional<std::int64_t> exact(const std::string& track_id, const std::string& played_at) {
    exact_.bind_view(0, played_at).bind_view(1, track_id);
    std::optional<std::int64_t> id;
    if (exact_.step() && !exact_.is_null(0)) id = exact_.integer(0);
    exact_.reset();
    return id;
  }

  struct Play {
    std::int64_t id;
    Timestamp at;
    std::optional<std::string_view> source;
    std::string_view track_id;
    std::string song;
  };
  /// The first play between two instants for which `is_it` holds.
  template <typename IsIt>
  std::optional<std::int64_t> near(Timestamp since, Timestamp until, const IsIt& is_it) {
    near_.bind_all(since.to_postgres_string(), until.to_postgres_string());
    std::optional<std::int64_t> id;
    while (!id && near_.step()) {
      Play play{near_.integer(0), Timestamp::parse_postgres(near_.text(1)), std::nullopt,
                near_.text(3), song_key(near_.text(4), near_.text(5))};
      if (!near_.is_null(2)) play.source = near_.text(2);
      if (is_it(play)) id = play.id;
    }
    near_.reset();
    return id;
  }

  bool has_track(const std::string& id) {
    const bool found = track_.bind_view(0, id).step();
    track_.reset();
    return found;
  }

 private:
  sqlite::Statement exact_;
  sqlite::Statement near_;
  sqlite::Statement track_;
};

Recorder::Recorder(const sqlite::Database& database, const ImportOptions& options,
                   ImportReport& report)
    : options_(options), report_(report), songs_(database) {
  auto artist = database.prepare(
      "SELECT name, min(id) FROM artists WHERE name IS NOT NULL "
      "GROUP BY name");
  while (artist.step()) artists_.emplace(artist.text(0), artist.text(1));
  // Times that no play can have sort as text like no others; nothing is matched with them.
  auto other = database.prepare(
      "SELECT min(played_at), max(played_at) FROM play_history "
      "WHERE source IS NOT ? AND played_at >= '1990' AND played_at < '3000'");
  other.bind(0, options.source);
  if (other.step() && !other.is_null(0)) {
    first_other_ = Timestamp::parse_postgres(other.text(0));
    last_other_ = Timestamp::parse_postgres(other.text(1));
  }
  auto cut = database.prepare(
      "SELECT EXISTS (SELECT 1 FROM play_history WHERE source IS ? AND played_at LIKE '%:00')");
  cut.bind(0, options.source);
  any_to_the_minute_ = cut.step() && cut.integer(0) != 0;
}

void Recorder::leave_out(Reason reason, std::int64_t rows) {
  report_.left_out[std::string(name_of(reason))] += rows;
}

std::optional<std::string> Recorder::track_id(const Listen& listen, std::string& song) {
  if (listen.spotify_id) return listen.spotify_id;
  song = song_key(main_artist(listen), listen.title);
  if (const std::string* known = songs_.find(song)) return *known;
  if (options_.local_tracks == LocalTracks::leave_out) return std::nullopt;
  return local_track_id(song);
}

std::vector<Recorder::New> Recorder::choose(const sqlite::Database& database,
                                            const std::vector<Listen>& listens) {
  Lookup lookup(database);
  std::vector<New> chosen;
  std::unordered_set<std::string> identities;
  for (const Listen& listen : listens) {
    std::string song;
    auto& taken = taken_[listen.to_the_minute ? 1 : 0];
    const auto track = track_id(listen, song);
    if (!track) {
      leave_out(Reason::no_spotify_id);
      continue;
    }
    New play{&listen, *track, listen.at.to_postgres_string(), false};
    if (!identities.insert(outbox::play_identity(play.track_id, play.played_at)).second &&
        PLAYMIRROR_SAFEGUARD("repeated rows")) {
      ++report_.repeated;
      continue;
    }
    if (const auto id = lookup.exact(play.track_id, play.played_at);
        id && PLAYMIRROR_SAFEGUARD("same instant")) {
      const std::int64_t number = outbox::provisional_number(*id);
      ++(first_number_ != 0 && number >= first_number_ ? report_.repeated : report_.already_there);
      taken.insert(*id);
      continue;
    }
    const std::int64_t reach = reach_of(listen);
    const bool others = first_other_ && listen.at >= moved(*first_other_, -reach) &&
                        listen.at <= moved(*last_other_, reach);
    if ((others || listen.to_the_minute || any_to_the_minute_) &&
        PLAYMIRROR_SAFEGUARD("same song close by")) {
      if (song.empty()) song = song_key(main_artist(listen), listen.title);
      const auto is_it = [&](const Lookup::Play& candidate) {
        if (candidate.track_id != play.track_id && candidate.song != song) return false;
        if (taken.contains(candidate.id) && PLAYMIRROR_SAFEGUARD("one play for a listen")) {
          return false;
        }
        if (candidate.source != options_.source) return true;
        if (minute_of(candidate.at) != minute_of(listen.at)) return false;
        return listen.to_the_minute ||
               (is_on_the_minute(candidate.at) && !exact_.contains(candidate.id));
      };
      if (const auto id = lookup.near(moved(listen.at, -reach), moved(listen.at, reach), is_it)) {
        taken.insert(*id);
        ++report_.matched;
        continue;
      }
    }
    if (tracks_.insert(play.track_id).second) play.new_track = !lookup.has_track(play.track_id);
    chosen.push_back(std::move(play));
  }
  return chosen;
}

/// The statements of one batch.
class Recorder::Writing {
 public:
  explicit Writing(sqlite::Database& database)
      : entries(database),
        track(database.prepare("INSERT INTO tracks (id, name, artist, album, duration_ms) "
                               "VALUES (?, ?, ?, ?, ?)")),
        artist(database.prepare("INSERT OR IGNORE INTO artists (id, name) VALUES (?, ?)")),
        link(database.prepare(
            "INSERT OR IGNORE INTO track_artists (track_id, artist_id) VALUES (?, ?)")),
        database_(database) {}

  /// Whether the last statement wrote a row.
  [[nodiscard]] bool wrote() const { return database_.changes() > 0; }

  outbox::EntryWriter entries;
  sqlite::Statement track;
  sqlite::Statement artist;
  sqlite::Statement link;

 private:
  sqlite::Database& database_;
};

/// New plays as rows of play_history.
class Recorder::PlayRows : public sqlite::RowSource {
 public:
  PlayRows(const std::vector<New>& plays, std::int64_t first_id, std::string_view source)
      : plays_(plays), first_id_(first_id) {
    fields_.back() = source;
  }

  bool next() override {
    if (next_ == plays_.size()) return false;
    const New& play = plays_[next_];
    fields_[0] = first_id_ - static_cast<std::int64_t>(next_++);
    fields_[1] = std::string_view(play.track_id);
    fields_[2] = std::string_view(play.played_at);
    fields_[3] = {};
    if (const auto& listened = play.listen->listened_ms) fields_[3] = *listened;
    fields_[4] = {};
    if (const auto& skipped = play.listen->skipped) fields_[4] = std::int64_t{*skipped};
    return true;
  }
  [[nodiscard]] const sqlite::Field& field(std::size_t column) const override {
    return fields_[column];
  }

  static constexpr std::size_t kFields = 6;

 private:
  const std::vector<New>& plays_;
  std::int64_t first_id_;
  std::size_t next_ = 0;
  std::array<sqlite::Field, kFields> fields_;
};

void Recorder::record(sqlite::Database& database, const std::vector<Listen>& listens) {
  const std::vector<New> plays = choose(database, listens);
  if (plays.empty()) return;
  Writing writing(database);
  for (const New& play : plays) {
    if (play.new_track) record_track(writing, play);
  }
  const std::int64_t first_id =
      outbox::reserve_provisional_ids(database, static_cast<std::int64_t>(plays.size()));
  if (first_number_ == 0) first_number_ = outbox::provisional_number(first_id);
  std::vector<outbox::BulkEntry> entries;
  for (const New& play : plays) {
    const std::int64_t id = first_id - static_cast<std::int64_t>(entries.size());
    entries.push_back({outbox::play_identity(play.track_id, play.played_at), id});
    const Listen& listen = *play.listen;
    if (is_on_the_minute(listen.at) && !listen.to_the_minute) exact_.insert(id);
    any_to_the_minute_ = any_to_the_minute_ || listen.to_the_minute;
  }
  PlayRows rows(plays, first_id, options_.source);
  sqlite::run_over(
      database,
      "INSERT INTO play_history (id, track_id, played_at, listened_ms, skipped, source) "
      "SELECT * FROM " +
          std::string(sqlite::kSourceTable),
      rows, PlayRows::kFields);
  if (PLAYMIRROR_SAFEGUARD("entries of imported plays")) {
    outbox::add_all(database, "play_history", entries,
                    [&](std::size_t i) { return image_of(plays[i]); });
  }
  count(plays);
}

outbox::RowImage Recorder::image_of(const New& play) const {
  outbox::RowImage image;
  const Listen& listen = *play.listen;
  image.fields.emplace_back("track_id", play.track_id);
  image.fields.emplace_back("played_at", play.played_at);
  if (listen.listened_ms) {
    image.fields.emplace_back("listened_ms", std::to_string(*listen.listened_ms));
  }
  if (listen.skipped) image.fields.emplace_back("skipped", *listen.skipped ? "t" : "f");
  image.fields.emplace_back("source", options_.source);
  return image;
}

void Recorder::record_track(Writing& writing, const New& play) {
  const Listen& listen = *play.listen;
  const auto name = unless_empty(listen.title);
  const auto artist = unless_empty(credits(listen));
  writing.track.bind_all(play.track_id, name, artist, listen.album, listen.duration_ms).run();
  outbox::RowImage image;
  image.fields.emplace_back("id", play.track_id);
  image.fields.emplace_back("name", name);
  image.fields.emplace_back("artist", artist);
  image.fields.emplace_back("album", listen.album);
  if (listen.duration_ms) {
    image.fields.emplace_back("duration_ms", std::to_string(*listen.duration_ms));
  }
  for (const std::string& each : listen.artists) {
    const std::string id = artist_id(writing, each);
    writing.link.bind_all(play.track_id, id).run();
    if (std::ranges::find(image.artist_ids, id) == image.artist_ids.end()) {
      image.artist_ids.push_back(id);
    }
  }
  writing.entries.add("tracks", play.track_id, 0, image);
  songs_.add(song_key(main_artist(listen), listen.title), play.track_id);
}

std::string Recorder::artist_id(Writing& writing, const std::string& name) {
  if (const auto known = artists_.find(name); known != artists_.end()) return known->second;
  const std::string id = local_artist_id(name);
  artists_.emplace(name, id);
  writing.artist.bind_all(id, name).run();
  if (!writing.wrote()) return id;  // another spelling of the name has it already
  outbox::RowImage image;
  image.fields.emplace_back("id", id);
  image.fields.emplace_back("name", name);
  writing.entries.add("artists", id, 0, image);
  ++report_.artists;
  return id;
}

void Recorder::look_up(const sqlite::Database& database, const std::vector<Listen>& listens) {
  std::vector<New> plays = choose(database, listens);
  std::erase_if(plays, [&](const New& play) {
    const Listen& listen = *play.listen;
    const std::string song = song_key(main_artist(listen), listen.title);
    const std::int64_t minute = minute_of(listen.at);
    // An exact time in a minute that stands for some listen, or the other way round.
    if (would_be_minutes_.contains(hash_of(song, minute, !listen.to_the_minute))) {
      ++report_.matched;
      return true;
    }
    if (!would_be_.insert(hash_of(play.track_id, listen.at.postgres_micros(), false)).second) {
      ++report_.repeated;
      return true;
    }
    would_be_minutes_.insert(hash_of(song, minute, listen.to_the_minute));
    for (const std::string& artist : listen.artists) {
      if (play.new_track && artists_.emplace(artist, "").second) ++report_.artists;
    }
    return false;
  });
  count(plays);
}

void Recorder::count(const std::vector<New>& plays) {
  for (const New& play : plays) {
    ++report_.recorded;
    if (play.new_track) ++report_.tracks;
    const Timestamp at = play.listen->at;
    if (!report_.first || at < *report_.first) report_.first = at;
    if (!report_.last || at > *report_.last) report_.last = at;
  }
}

}  // namespace playmirror::import
