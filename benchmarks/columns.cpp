/// The plays as columns, timed from within: for benchmarks/top_tracks.py, open_and_ask.py and
/// column_layouts.py.
///
///     columns top FILE       answers lines `SINCE UNTIL TIMES` (microseconds, `-` for none) with
///                            median seconds of TIMES runs and the 50 tracks played most
///     columns first FILE     opens the mirror, asks for the ten tracks played most; its seconds
///     columns totals FILE    opens the mirror, asks for the totals; its seconds
///     columns floor FILE ID  opens the file by SQLite alone, selects one play; its seconds
///     columns bytes FILE     bytes of the columns of plays, of the totals, of the dictionaries

#include "core/mirror/state.hpp"

#include <playmirror/mirror.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <sqlite3.h>
#include <string>
#include <vector>

namespace {

using playmirror::Mirror;
using playmirror::MirrorAccess;
using playmirror::Period;
using playmirror::Timestamp;
using playmirror::TopTrack;

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::optional<Timestamp> limit_of(const std::string& word) {
  if (word == "-") return std::nullopt;
  return Timestamp::from_unix_micros(std::stoll(word));
}

int top(const char* file) {
  const Mirror mirror = Mirror::open(file, {.read_only = true});
  std::string since;
  std::string until;
  for (int times = 0; std::cin >> since >> until >> times;) {
    const playmirror::StatsFilter filter{
        .period = Period::between(limit_of(since), limit_of(until)), .limit = 50, .details = false};
    std::vector<double> seconds;
    std::vector<TopTrack> tracks;
    for (int i = 0; i < times; ++i) {
      seconds.push_back(seconds_of([&] { tracks = mirror.stats().top_tracks(filter); }));
    }
    std::ranges::sort(seconds);
    std::cout << seconds[seconds.size() / 2];
    for (const TopTrack& track : tracks) std::cout << ' ' << track.track_id << ' ' << track.plays;
    std::cout << std::endl;
  }
  return 0;
}

int first(const char* file) {
  std::size_t found = 0;
  const double seconds = seconds_of([&] {
    const Mirror mirror = Mirror::open(file);
    found = mirror.stats().top_tracks({.limit = 10, .details = false}).size();
  });
  std::cout << seconds << ' ' << found << '\n';
  return 0;
}

int totals(const char* file) {
  std::int64_t plays = 0;
  const double seconds = seconds_of([&] {
    const Mirror mirror = Mirror::open(file);
    plays = mirror.stats().totals({}).plays;
  });
  std::cout << seconds << ' ' << plays << '\n';
  return 0;
}

int floor(const char* file, const char* id) {
  bool found = false;
  const double seconds = seconds_of([&] {
    sqlite3* database = nullptr;
    sqlite3_stmt* select = nullptr;
    sqlite3_open_v2(file, &database, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_prepare_v2(database, "SELECT played_at FROM play_history WHERE id = ?", -1, &select,
                       nullptr);
    sqlite3_bind_int64(select, 1, std::stoll(id));
    found = sqlite3_step(select) == SQLITE_ROW;
    sqlite3_finalize(select);
    sqlite3_close_v2(database);
  });
  std::cout << seconds << ' ' << found << '\n';
  return found ? 0 : 1;
}

int bytes(const char* file) {
  const Mirror mirror = Mirror::open(file, {.read_only = true});
  auto reader = MirrorAccess::state(mirror)->reader();
  for (const char* sql :
       {"SELECT sum(length(data)) FROM playmirror_block_data WHERE part > 0",
        "SELECT sum(length(data)) FROM playmirror_block_data WHERE part = 0",
        "SELECT sum(length(id) + coalesce(length(name), 0) + coalesce(length(artist), 0) + 12 + "
        "length(artists)) FROM playmirror_track_codes",
        "SELECT count(*) FROM play_history"}) {
    std::cout << reader->query_int(sql) << ' ';
  }
  for (int column = 0; column < 7; ++column) {
    std::cout << reader->query_int(
                     "SELECT sum(length(data)) FROM playmirror_block_data "
                     "WHERE part > 0 AND part % 8 = " +
                     std::to_string(column))
              << ' ';
  }
  std::cout << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const std::string verb = argc > 2 ? arguments[1] : "";
  try {
    std::cout.precision(9);
    if (verb == "top") return top(arguments[2]);
    if (verb == "first") return first(arguments[2]);
    if (verb == "totals") return totals(arguments[2]);
    if (verb == "floor" && argc == 4) return floor(arguments[2], arguments[3]);
    if (verb == "bytes") return bytes(arguments[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "columns: %s\n", error.what());
    return 1;
  }
  std::fputs("usage: columns top|first|totals|bytes FILE, columns floor FILE ID\n", stderr);
  return 2;
}
