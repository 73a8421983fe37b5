#include "core/sample/library.hpp"

#include "core/sample/days.hpp"
#include "core/sample/listening.hpp"
#include "core/sample/snapshots.hpp"
#include "core/sample/styles.hpp"
#include "core/sample/track_text.hpp"
#include "core/sample/words.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

namespace playmirror::sample {
namespace {

using namespace std::chrono;

constexpr std::uint32_t kMostTracks = 300'000;
constexpr std::uint64_t kNoGenresPerMille = 250;
constexpr std::uint64_t kFeaturesPerMille = 580;

class LibraryWriter {
 public:
  LibraryWriter(const Plan& plan, RowWriter& rows)
      : plan_(plan), rows_(rows), catalogue_(plan), days_(plan_days(plan)) {}

  void write() {
    write_artists();
    write_tracks();
    write_track_artists();
    write_play_history();
    write_analysis_snapshots(plan_, catalogue_, days_, rows_);
    write_playlist_config(plan_, catalogue_, days_, rows_);
  }

 private:
  void write_artists() {
    constexpr std::string_view kColumns[] = {"id", "name", "genres", "image_url"};
    rows_.begin_table("artists", kColumns);
    for (std::uint32_t i = 0; i < catalogue_.artists.size(); ++i) {
      Random random(plan_.seed, Stream::artist_row, i);
      rows_.begin_row();
      rows_.text(catalogue_.artists[i].id.view());
      rows_.text(artist_name(plan_, i));
      if (!random.chance(kNoGenresPerMille)) {
        write_genres(styles()[catalogue_.artists[i].style], random.below(5), random);
      } else if (random.chance(500)) {
        rows_.null();
      } else {
        rows_.text("[]");
      }
      if (random.chance(100)) {
        rows_.null();
      } else {
        rows_.text(image_url(random));
      }
      rows_.end_row();
    }
    rows_.end_table();
  }

  /// One to four of a style's genres, neighbours in its list.
  void write_genres(const Style& style, std::size_t first, Random& random) {
    json_.clear();
    json_.open_array();
    for (std::uint64_t i = 0, count = 1 + random.below(4); i < count; ++i) {
      json_.string(style.genres[(first + i) % style.genres.size()]);
    }
    json_.close_array();
    rows_.text(json_.text());
  }

  void write_tracks() {
    constexpr std::string_view kColumns[] = {"id",
                                             "reccobeats_id",
                                             "name",
                                             "artist",
                                             "album",
                                             "image_url",
                                             "duration_ms",
                                             "popularity",
                                             "raw_data",
                                             "danceability",
                                             "energy",
                                             "key",
                                             "loudness",
                                             "mode",
                                             "speechiness",
                                             "acousticness",
                                             "instrumentalness",
                                             "liveness",
                                             "valence",
                                             "tempo",
                                             "time_signature",
                                             "genres",
                                             "lyrics",
                                             "lyrics_summary",
                                             "genre_tags",
                                             "created_at",
                                             "updated_at"};
    rows_.begin_table("tracks", kColumns);
    for (std::uint32_t i = 0; i < catalogue_.tracks.size(); ++i) {
      rows_.begin_row();
      write_track(i);
      rows_.end_row();
    }
    rows_.end_table();
  }

  void write_track(std::uint32_t index) {
    const Track& track = catalogue_.tracks[index];
    const Style& style = styles()[catalogue_.artists[catalogue_.main_artist(index)].style];
    // One source for what belongs to the recording, one for what belongs to this id of it.
    Random recording(plan_.seed, Stream::track, track.recording);
    Random random(plan_.seed, Stream::track_row, index);
    const bool has_features = recording.chance(kFeaturesPerMille);

    rows_.text(track.id.view());
    if (has_features) {
      rows_.text(uuid(recording));
    } else {
      rows_.null();
    }
    write_what_spotify_says(index, random);
    write_features(has_features, style, recording);
    const std::uint64_t genres = random.below(10);
    if (genres < 6) {
      rows_.null();
    } else if (genres < 8) {
      rows_.text("[]");
    } else {
      write_genres(style, 0, random);
    }
    write_words(style, track);
    const Instant created = when_first_seen(track, random);
    rows_.timestamp(created);
    rows_.timestamp(created + microseconds{random.between(0, (end() - created).count())});
  }

  void write_what_spotify_says(std::uint32_t index, Random& random) {
    const Track& track = catalogue_.tracks[index];
    const Album album = album_of(plan_, catalogue_, index);
    const std::string name = track_name(plan_, track);
    const auto rank = static_cast<std::int32_t>(std::bit_width(index + 1u));
    const auto wobble = static_cast<std::int32_t>(random.between(-6, 6));
    const std::int32_t popularity = std::clamp(94 - 5 * rank + wobble, 0, 100);
    rows_.text(name);
    rows_.text(display_artist(plan_, catalogue_, track));
    rows_.text(album.name);
    rows_.text(album.image_url);
    rows_.integer(track.duration_ms);
    if (random.chance(20)) {
      rows_.null();
    } else {
      rows_.integer(popularity);
    }
    if (random.chance(10)) {
      rows_.null();
    } else {
      json_.clear();
      write_raw_data(plan_, catalogue_, index, name, album, popularity, json_);
      rows_.text(json_.text());
    }
  }

  /// All features or none; nobody measures the time signature.
  void write_features(bool has_features, const Style& style, Random& random) {
    if (!has_features) {
      for (int i = 0; i < 12; ++i) rows_.null();
      return;
    }
    const Features features = draw_features(style, random);
    rows_.thousandths(features.danceability);
    rows_.thousandths(features.energy);
    rows_.integer(features.key);
    rows_.thousandths(features.loudness);
    rows_.integer(features.mode);
    rows_.thousandths(features.speechiness);
    rows_.thousandths(features.acousticness);
    rows_.thousandths(features.instrumentalness);
    rows_.thousandths(features.liveness);
    rows_.thousandths(features.valence);
    rows_.thousandths(features.tempo);
    rows_.null();
  }

  /// Lyrics, what a language model said about them, and the genres it found.
  void write_words(const Style& style, const Track& track) {
    Random random(plan_.seed, Stream::lyrics, track.recording);
    const bool sung = style.typical.instrumentalness < 300;
    if (!random.chance(sung ? 930 : 80)) {
      for (int i = 0; i < 3; ++i) rows_.null();
      return;
    }
    rows_.text(lyrics(random));
    if (random.chance(300)) {
      rows_.null();
      rows_.null();
      return;
    }
    rows_.text(summary(random));
    rows_.text(std::string(style.genres[0]) + ", " + std::string(random.pick(style.genres)));
  }

  static std::string uuid(Random& random) {
    std::string text;
    for (const int digits : {8, 4, 4, 4, 12}) {
      if (!text.empty()) text += '-';
      text += hex(random, digits);
    }
    return text;
  }

  Instant end() const { return berlin(days_.day(days_.rows.size()), 0s); }

  Instant when_first_seen(const Track& track, Random& random) const {
    const auto day = static_cast<std::size_t>(track.known_since) * days_.rows.size() / 65'536;
    return days_.day(day) - microseconds{random.between(1, microseconds{24h}.count())};
  }

  void write_track_artists() {
    constexpr std::string_view kColumns[] = {"track_id", "artist_id"};
    rows_.begin_table("track_artists", kColumns);
    for (const Track& track : catalogue_.tracks) {
      for (const std::uint32_t artist : catalogue_.credits_of(track)) {
        rows_.begin_row();
        rows_.text(track.id.view());
        rows_.text(catalogue_.artists[artist].id.view());
        rows_.end_row();
      }
    }
    rows_.end_table();
  }

  void write_play_history() {
    constexpr std::string_view kColumns[] = {"id",          "track_id", "played_at", "context_uri",
                                             "listened_ms", "skipped",  "source"};
    rows_.begin_table("play_history", kColumns);
    std::int32_t id = 0;
    listen(plan_, catalogue_, days_, [&](const Play& play) { write_play(++id, play); });
    rows_.end_table();
  }

  void write_play(std::int32_t id, const Play& play) {
    rows_.begin_row();
    rows_.integer(id);
    rows_.text(catalogue_.tracks[play.track].id.view());
    rows_.timestamp(play.played_at);
    switch (play.context) {
      case Context::none:
        rows_.null();
        break;
      case Context::album:
        rows_.text(album_uri(play.track));
        break;
      case Context::playlist:
        rows_.text("spotify:playlist:" + playlist_id(plan_, play.playlist));
        break;
    }
    if (play.listened_ms) {
      rows_.integer(*play.listened_ms);
    } else {
      rows_.null();
    }
    if (play.skipped) {
      rows_.boolean(*play.skipped);
    } else {
      rows_.null();
    }
    rows_.text(play.source == Source::import ? "import" : "spotify_poll");
    rows_.end_row();
  }

  std::string album_uri(std::uint32_t track) const {
    return "spotify:album:" + std::string(album_id_of(plan_, catalogue_, track).view());
  }

  const Plan& plan_;
  RowWriter& rows_;
  Catalogue catalogue_;
  Days days_;
  JsonText json_;  ///< kept for its memory
};

}  // namespace

std::optional<Plan> plan_of_size(std::string_view name) {
  if (name == "small") return plan_of_plays(1'000);
  if (name == "medium") return plan_of_plays(70'000);
  if (name == "large") return plan_of_plays(1'000'000);
  if (name == "huge") return plan_of_plays(10'000'000);
  return std::nullopt;
}

Plan plan_of_plays(std::uint32_t plays) {
  Plan plan;
  plan.plays = plays;
  plan.tracks = std::clamp(plays / 5 * 2, 1u, 50'000u);
  plan.artists = std::max(plan.tracks * 5 / 27, 1u);
  return plan;
}

void generate(const Plan& plan, RowWriter& rows) {
  if (plan.plays == 0 || plan.tracks == 0 || plan.artists == 0 || plan.tracks > kMostTracks ||
      plan.artists > kMostTracks || plan.plays > 2'000'000'000) {
    throw std::invalid_argument(
        "a library needs 1 to 2,000,000,000 plays and 1 to 300,000 tracks and artists");
  }
  LibraryWriter(plan, rows).write();
}

}  // namespace playmirror::sample
