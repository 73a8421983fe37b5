#include "core/sample/snapshots.hpp"

#include "core/sample/json_text.hpp"
#include "core/sample/styles.hpp"
#include "core/sample/track_text.hpp"
#include "core/sample/words.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

namespace playmirror::sample {
namespace {

using namespace std::chrono;

constexpr std::uint32_t kSixHourPlaylist = 0;
constexpr std::uint32_t kDailyPlaylist = 1;
constexpr std::array<std::string_view, 3> kModels = {"gpt-4o-mini", "claude-3-haiku",
                                                     "llama-3-70b"};

/// The backend writes dates in JSON as Python's isoformat() does.
std::string iso_date(sys_days day) {
  const year_month_day date{day};
  char digits[40];
  std::snprintf(digits, sizeof digits, "%04d-%02u-%02uT00:00:00", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return digits;
}

std::string summaries(int count, Random& random) {
  std::string text = summary(random);
  for (int i = 1; i < count; ++i) {
    text += '\n';
    text += summary(random);
  }
  return text;
}

class Analysis {
 public:
  Analysis(const Plan& plan, const Catalogue& catalogue, RowWriter& rows)
      : plan_(plan), catalogue_(catalogue), rows_(rows) {}

  void write_row(sys_days day, int period_days) {
    ++id_;
    Random random(plan_.seed, Stream::snapshot, static_cast<std::uint64_t>(id_));
    const std::string label = "last_" + std::to_string(period_days) + "_days";
    const sys_days start = day - days{period_days};
    rows_.begin_row();
    rows_.integer(id_);
    rows_.timestamp(berlin(day, 6h) + microseconds{random.between(0, 90'000'000)});
    rows_.timestamp(start);
    rows_.timestamp(day);
    rows_.text(label);
    rows_.text(metrics(start, day, label, period_days, random));
    rows_.text(narrative(random));
    rows_.text(random.pick(kModels));
    rows_.text(title(random));
    rows_.text(summaries(3, random));
    rows_.text(playlist_id(plan_, kSixHourPlaylist));
    rows_.text(playlist_id(plan_, kDailyPlaylist));
    rows_.text(composition(30, random));
    rows_.end_row();
  }

  /// Tracks of a playlist, as a list of ids and names.
  std::string_view composition(int tracks, Random& random) {
    json_.clear();
    json_.open_array();
    for (int i = 0; i < tracks; ++i) {
      const Track& track = any_track(random);
      json_.open_object().member("id", track.id.view());
      json_.member("name", track_name(plan_, track)).close_object();
    }
    return json_.close_array().text();
  }

 private:
  /// The popular ones more often, as the smaller of two draws.
  const Track& any_track(Random& random) {
    const std::uint64_t one = random.below(catalogue_.tracks.size());
    return catalogue_.tracks[std::min(one, random.below(catalogue_.tracks.size()))];
  }

  std::string_view metrics(sys_days start, sys_days end, std::string_view label, int period_days,
                           Random& random) {
    const std::int64_t plays = period_days * random.between(15, 35);
    json_.clear();
    json_.open_object().key("period").open_object().member("start", iso_date(start));
    json_.member("end", iso_date(end)).member("label", label).close_object();
    json_.key("volume").open_object().member("total_plays", plays);
    json_.member("unique_tracks", plays * random.between(50, 80) / 100);
    json_.key("minutes").thousandths(plays * random.between(2'000, 3'600)).close_object();
    write_top_tracks(plays, random);
    json_.key("top_genres").open_object();
    for (const Style& style : styles()) {
      json_.key(style.genres[0]).thousandths(random.between(1, 200));
    }
    json_.close_object();
    write_counts("by_hour", 24, plays / 12, random);
    write_counts("by_weekday", 7, plays / 4, random);
    json_.key("features").open_object();
    for (const char* feature : {"danceability", "energy", "valence", "acousticness"}) {
      json_.key(feature).open_object().key("mean").thousandths(random.between(200, 800));
      json_.key("std").thousandths(random.between(80, 250)).close_object();
    }
    return json_.close_object().close_object().text();
  }

  void write_top_tracks(std::int64_t plays, Random& random) {
    json_.key("top_tracks").open_array();
    for (std::int64_t rank = 1; rank <= 20; ++rank) {
      const Track& track = any_track(random);
      json_.open_object().member("id", track.id.view()).member("name", track_name(plan_, track));
      json_.member("artist", display_artist(plan_, catalogue_, track));
      json_.member("plays", std::max<std::int64_t>(plays / (12 + 3 * rank), 1)).close_object();
    }
    json_.close_array();
  }

  void write_counts(std::string_view name, int count, std::int64_t most, Random& random) {
    json_.key(name).open_array();
    for (int i = 0; i < count; ++i) json_.integer(random.between(0, most));
    json_.close_array();
  }

  std::string_view narrative(Random& random) {
    json_.clear();
    json_.open_object().member("headline", title(random)).key("sections").open_array();
    for (const char* heading : {"Overview", "Mood", "Discoveries", "What comes next"}) {
      json_.open_object().member("heading", heading);
      json_.member("text", summaries(2, random)).close_object();
    }
    return json_.close_array().close_object().text();
  }

  const Plan& plan_;
  const Catalogue& catalogue_;
  RowWriter& rows_;
  JsonText json_;
  std::int32_t id_ = 0;
};

}  // namespace

void write_analysis_snapshots(const Plan& plan, const Catalogue& catalogue, const Days& days,
                              RowWriter& rows) {
  constexpr std::string_view kColumns[] = {"id",
                                           "date",
                                           "period_start",
                                           "period_end",
                                           "period_label",
                                           "metrics_payload",
                                           "narrative_report",
                                           "model_used",
                                           "playlist_theme",
                                           "playlist_theme_reasoning",
                                           "six_hour_playlist_id",
                                           "daily_playlist_id",
                                           "playlist_composition"};
  rows.begin_table("analysis_snapshots", kColumns);
  Analysis analysis(plan, catalogue, rows);
  for (std::size_t i = 7; i < days.rows.size(); ++i) {
    const sys_days day = days.day(i);
    if (weekday{day} != Sunday) continue;
    analysis.write_row(day, 7);
    if (year_month_day{day}.day() <= std::chrono::day{7}) analysis.write_row(day, 30);
  }
  rows.end_table();
}

void write_playlist_config(const Plan& plan, const Catalogue& catalogue, const Days& days,
                           RowWriter& rows) {
  constexpr std::string_view kColumns[] = {"key",           "spotify_id",  "last_updated",
                                           "current_theme", "description", "composition"};
  rows.begin_table("playlist_config", kColumns);
  Analysis analysis(plan, catalogue, rows);
  for (const std::uint32_t number : {kSixHourPlaylist, kDailyPlaylist}) {
    Random random(plan.seed, Stream::playlist_row, number);
    const bool daily = number == kDailyPlaylist;
    rows.begin_row();
    rows.text(daily ? "daily" : "six_hour");
    rows.text(playlist_id(plan, number));
    rows.timestamp(berlin(days.day(days.rows.size() - 1), daily ? 6h : 18h) +
                   microseconds{random.between(0, 90'000'000)});
    rows.text(title(random));
    rows.text(daily ? "One hour for the day ahead" : "What fits the next six hours");
    rows.text(analysis.composition(daily ? 50 : 30, random));
    rows.end_row();
  }
  rows.end_table();
}

}  // namespace playmirror::sample
