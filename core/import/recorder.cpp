#include "core/import/recorder.hpp"

#include "core/import/nearness.hpp"
#include "core/outbox/outbox.hpp"
#include "core/sqlite/row_source.hpp"
#include "core/test_hooks.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace playmirror::import {
namespace {

Timestamp moved(Timestamp time, std::int64_t micros) {
  return Timestamp::from_postgres_micros(time.postgres_micros() + micros);
}

std::string credits(const Song& song) {
  std::string all;
  for (const std::string& artist : song.artists) all += (all.empty() ? "" : ", ") + artist;
  return all;
}

/// A track, or the name of a song, at an instant.
struct Instant {
  std::string_view what;
  Timestamp at;

  friend bool operator==(const Instant&, const Instant&) = default;
};

struct InstantHash {
  std::size_t operator()(const Instant& instant) const noexcept {
    return std::hash<std::string_view>()(instant.what) ^
           std::hash<std::int64_t>()(instant.at.postgres_micros());
  }
};

/// The listens of a batch. Songs must keep their tracks meanwhile.
class Seen {
 public:
  explicit Seen(std::size_t listens) {
    tracks_.reserve(listens);
    names_.reserve(listens);
  }

  /// Whether it is the first one of that song at that instant, by its track or by its name, as
  /// Recorder::Lookup tells them.
  bool add(PooledSong& song, Timestamp at) {
    const Instant track{song.track_id, at};
    const Instant name{key_of(song), at};
    if (tracks_.contains(track) || (song.spotify_id ? local_ : names_).contains(name)) return false;
    tracks_.insert(track);
    names_.insert(name);
    if (is_local(song.track_id)) local_.insert(name);
    return true;
  }

 private:
  std::unordered_set<Instant, InstantHash> tracks_;
  std::unordered_set<Instant, InstantHash> names_;
  std::unordered_set<Instant, InstantHash> local_;  ///< of names: those without another id
};

std::optional<std::string> unless_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

/// A listen that is to be recorded.
struct Recorder::New {
  const Listen* listen;
  bool new_track;

  [[nodiscard]] const std::string& track_id() const { return listen->song->track_id; }
};

/// Plays of the mirror near a moment.
class Recorder::Lookup {
 public:
  explicit Lookup(const sqlite::Database& database)
      : newest_(database.query_text("SELECT max(played_at) FROM play_history")),
        exact_(database.prepare(
            "SELECT max(id) FROM play_history WHERE played_at = ? AND track_id = ?")),
        exact_name_(database.prepare(
            "SELECT p.id, p.track_id, t.artist, t.name "
            "FROM play_history AS p JOIN tracks AS t ON t.id = p.track_id WHERE p.played_at = ?")),
        near_(database.prepare(
            "SELECT p.id, p.played_at, p.source, p.track_id, t.artist, t.name, p.listened_ms, "
            "t.duration_ms FROM play_history AS p LEFT JOIN tracks AS t ON t.id = p.track_id "
            "WHERE p.played_at >= ? AND p.played_at <= ? ORDER BY p.played_at, p.id")),
        track_(database.prepare("SELECT 1 FROM tracks WHERE id = ?")) {}

  /// The id of the play of that track at that instant.
  std::optional<std::int64_t> exact(const std::string& track_id, const std::string& played_at) {
    if (played_at > newest_) return std::nullopt;
    exact_.bind_view(0, played_at).bind_view(1, track_id);
    std::optional<std::int64_t> id;
    if (exact_.step() && !exact_.is_null(0)) id = exact_.integer(0);
    exact_.reset();
    return id;
  }

  /// That of a play of the same name at that instant, where either has no id but its name. Which
  /// track a name belongs to changes with the tracks there are.
  std::optional<std::int64_t> exact_name(PooledSong& song, const std::string& played_at) {
    if (played_at > newest_) return std::nullopt;
    exact_name_.bind_view(0, played_at);
    std::optional<std::int64_t> id;
    while (!id && exact_name_.step()) {
      if (song.spotify_id && !is_local(exact_name_.text(1))) continue;
      if (song_key(exact_name_.text(2), exact_name_.text(3)) == key_of(song)) {
        id = exact_name_.integer(0);
      }
    }
    exact_name_.reset();
    return id;
  }

  struct Play {
    std::int64_t id;
    Timestamp at;
    std::optional<std::string_view> source;
    std::string_view track_id;
    std::string song;
  };
  /// The first play within reach of an instant for which `is_it` holds.
  template <typename IsIt>
  std::optional<std::int64_t> near(Timestamp moment, const Reach& reach, const IsIt& is_it) {
    near_.bind_all(moved(moment, -reach.farthest()).to_postgres_string(),
                   moved(moment, reach.farthest()).to_postgres_string());
    const auto length = [&](int column) -> std::optional<std::int64_t> {
      if (near_.is_null(column)) return std::nullopt;
      return near_.integer(column);
    };
    std::optional<std::int64_t> id;
    while (!id && near_.step()) {
      const Timestamp at = Timestamp::parse_postgres(near_.text(1));
      const std::int64_t distance = at.postgres_micros() - moment.postgres_micros();
      if (!reach.has(distance, reach_of(length(6), length(7)))) continue;
      Play play{near_.integer(0), at, std::nullopt, near_.text(3),
                song_key(near_.text(4), near_.text(5))};
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
  std::string newest_;  ///< played_at of all plays, as text
  sqlite::Statement exact_;
  sqlite::Statement exact_name_;
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
}

void Recorder::look_around(const sqlite::Database& database, const std::string& source) {
  if (around_ != nullptr && source == source_) return;
  source_ = source;
  around_ = &all_around_[source];
  // Times that no play can have sort as text like no others; nothing is matched with them.
  auto other = database.prepare(
      "SELECT min(played_at), max(played_at) FROM play_history "
      "WHERE source IS NOT ? AND played_at >= '1990' AND played_at < '3000'");
  other.bind(0, source);
  if (other.step() && !other.is_null(0)) {
    around_->first_other = Timestamp::parse_postgres(other.text(0));
    around_->last_other = Timestamp::parse_postgres(other.text(1));
  }
  auto cut = database.prepare(
      "SELECT EXISTS (SELECT 1 FROM play_history WHERE source IS ? AND played_at LIKE '%:00')");
  cut.bind(0, source);
  around_->any_to_the_minute |= cut.step() && cut.integer(0) != 0;
}

void Recorder::leave_out(Reason reason, std::int64_t rows) {
  report_.left_out[std::string(name_of(reason))] += rows;
}

void Recorder::find_track(PooledSong& song) const {
  // Tracks that were recorded since are to be found by their names.
  if (song.found == batch_) return;
  song.found = batch_;
  std::string id;
  if (song.spotify_id) {
    id = *song.spotify_id;
  } else if (const std::string* known = songs_.find(key_of(song))) {
    id = *known;
  } else if (options_.local_tracks != LocalTracks::leave_out) {
    id = local_track_id(key_of(song));
  }
  if (id == song.track_id) return;
  song.track_id = std::move(id);
  song.has_track = false;
}

std::vector<Recorder::New> Recorder::choose(const sqlite::Database& database,
                                            const std::vector<Listen>& listens) {
  ++batch_;
  Lookup lookup(database);
  std::vector<New> chosen;
  chosen.reserve(listens.size());
  Seen seen(listens.size());
  for (const Listen& listen : listens) {
    auto& taken = around_->taken[listen.to_the_minute ? 1 : 0];
    PooledSong& song = *listen.song;
    find_track(song);
    if (song.track_id.empty()) {
      leave_out(Reason::no_spotify_id);
      continue;
    }
    if (!seen.add(song, listen.at) && PLAYMIRROR_SAFEGUARD("repeated rows")) {
      ++report_.repeated;
      continue;
    }
    if (const auto id = lookup.exact(song.track_id, listen.played_at);
        id && PLAYMIRROR_SAFEGUARD("same instant")) {
      const std::int64_t number = outbox::provisional_number(*id);
      ++(first_number_ != 0 && number >= first_number_ ? report_.repeated : report_.already_there);
      taken.insert(*id);
      continue;
    }
    if (const auto id = lookup.exact_name(song, listen.played_at)) {
      taken.insert(*id);
      ++report_.matched;
      continue;
    }
    const Reach reach(listen);
    const auto& first = around_->first_other;
    const bool others = first && listen.at >= moved(*first, -reach.farthest()) &&
                        listen.at <= moved(*around_->last_other, reach.farthest());
    if ((others || listen.to_the_minute || around_->any_to_the_minute) &&
        PLAYMIRROR_SAFEGUARD("same song close by")) {
      const auto is_it = [&](const Lookup::Play& candidate) {
        if (candidate.track_id != song.track_id && candidate.song != key_of(song)) return false;
        if (taken.contains(candidate.id) && PLAYMIRROR_SAFEGUARD("one play for a listen")) {
          return false;
        }
        if (candidate.source != source_) return true;
        if (minute_of(candidate.at) != minute_of(listen.at)) return false;
        return listen.to_the_minute ||
               (is_on_the_minute(candidate.at) && !exact_.contains(candidate.id));
      };
      if (const auto id = lookup.near(listen.at, reach, is_it)) {
        taken.insert(*id);
        ++report_.matched;
        continue;
      }
    }
    const bool new_track =
        !song.has_track && tracks_.insert(song.track_id).second && !lookup.has_track(song.track_id);
    song.has_track = true;
    chosen.push_back({&listen, new_track});
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
      : plays_(plays), id_(first_id) {
    fields_.back() = source;
  }

  bool next() override {
    if (next_ == plays_.size()) return false;
    const New& play = plays_[next_++];
    fields_[0] = id_++;
    fields_[1] = std::string_view(play.track_id());
    fields_[2] = std::string_view(play.listen->played_at);
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
  std::int64_t id_;
  std::size_t next_ = 0;
  std::array<sqlite::Field, kFields> fields_;
};

void Recorder::record(sqlite::Database& database, const std::string& source,
                      const std::vector<Listen>& listens) {
  look_around(database, source);
  const std::vector<New> plays = choose(database, listens);
  if (plays.empty()) return;
  const auto number = static_cast<std::int64_t>(plays.size());
  const std::int64_t greatest_id = outbox::reserve_provisional_ids(database, number);
  if (first_number_ == 0) first_number_ = outbox::provisional_number(greatest_id);
  // Rising, so that rows, indexes and columns grow at their ends.
  const std::int64_t first_id = greatest_id - number + 1;
  outbox::BulkEntries entries("play_history", plays.size(),
                              [&](std::size_t i, outbox::BulkEntry& entry) {
                                describe(plays[i], entry);
                                entry.row_id = first_id + static_cast<std::int64_t>(i);
                              });
  Writing writing(database);
  for (const New& play : plays) {
    if (play.new_track) record_track(writing, play);
  }
  std::int64_t id = first_id;
  for (const New& play : plays) {
    const Listen& listen = *play.listen;
    if (is_on_the_minute(listen.at) && !listen.to_the_minute) exact_.insert(id);
    around_->any_to_the_minute |= listen.to_the_minute;
    ++id;
  }
  PlayRows rows(plays, first_id, source_);
  sqlite::run_over(
      database,
      "INSERT INTO play_history (id, track_id, played_at, listened_ms, skipped, source) "
      "SELECT * FROM " +
          std::string(sqlite::kSourceTable),
      rows, PlayRows::kFields);
  if (PLAYMIRROR_SAFEGUARD("entries of imported plays")) entries.add_to(database);
  count(plays);
}

void Recorder::describe(const New& play, outbox::BulkEntry& entry) const {
  const Listen& listen = *play.listen;
  entry.identity = outbox::play_identity(play.track_id(), listen.played_at);
  auto& fields = entry.image.fields;
  fields.clear();
  fields.emplace_back("track_id", play.track_id());
  fields.emplace_back("played_at", listen.played_at);
  if (listen.listened_ms) fields.emplace_back("listened_ms", std::to_string(*listen.listened_ms));
  if (listen.skipped) fields.emplace_back("skipped", *listen.skipped ? "t" : "f");
  fields.emplace_back("source", source_);
}

void Recorder::record_track(Writing& writing, const New& play) {
  PooledSong& song = *play.listen->song;
  const auto name = unless_empty(song.title);
  const auto artist = unless_empty(credits(song));
  writing.track.bind_all(play.track_id(), name, artist, song.album, song.duration_ms).run();
  outbox::RowImage image;
  image.fields.emplace_back("id", play.track_id());
  image.fields.emplace_back("name", name);
  image.fields.emplace_back("artist", artist);
  image.fields.emplace_back("album", song.album);
  if (song.duration_ms) {
    image.fields.emplace_back("duration_ms", std::to_string(*song.duration_ms));
  }
  for (const std::string& each : song.artists) {
    const std::string id = artist_id(writing, each);
    writing.link.bind_all(play.track_id(), id).run();
    if (std::ranges::find(image.artist_ids, id) == image.artist_ids.end()) {
      image.artist_ids.push_back(id);
    }
  }
  writing.entries.add("tracks", play.track_id(), 0, image);
  songs_.add(key_of(song), play.track_id());
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

void Recorder::look_up(const sqlite::Database& database, const std::string& source,
                       const std::vector<Listen>& listens) {
  look_around(database, source);
  auto has_artist = database.prepare("SELECT 1 FROM artists WHERE id = ?");
  const auto is_new = [&](const std::string& artist) {
    if (!artists_.emplace(artist, "").second) return false;
    const std::string id = local_artist_id(artist);
    const bool there = has_artist.bind_view(0, id).step();
    has_artist.reset();
    return would_be_artists_.insert(id).second && !there;
  };
  std::vector<New> plays;
  for (New& play : choose(database, listens)) {
    const auto fate = planned_.meet(source_, *play.listen, play.track_id());
    if (fate != PlannedPlays::Fate::planned) {
      ++(fate == PlannedPlays::Fate::repeated ? report_.repeated : report_.matched);
      if (play.new_track) would_be_tracks_.insert(play.track_id());
      continue;
    }
    if (would_be_tracks_.erase(play.track_id()) != 0) play.new_track = true;
    if (play.new_track) {
      songs_.add(key_of(*play.listen->song), play.track_id());
      report_.artists += std::ranges::count_if(play.listen->song->artists, is_new);
    }
    plays.push_back(play);
  }
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
