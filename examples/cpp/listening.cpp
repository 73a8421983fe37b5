// What was listened to in a period, asked of a mirror: no network.
//
//   listening MIRROR [PERIOD [ZONE]]        listening music.db last_30_days Europe/Berlin

#include <playmirror/mirror.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>

namespace pm = playmirror;

namespace {

std::string hours(const pm::TimeTotal& time) {
  const auto minutes = (time.measured_ms + time.estimated_ms) / 60'000;
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

void print_totals(const pm::Totals& totals) {
  std::cout << totals.plays << " plays of " << totals.tracks << " tracks on " << totals.active_days
            << " days, " << hours(totals.time) << "\n";
}

void print_top(const std::vector<pm::TopTrack>& top) {
  for (const pm::TopTrack& track : top) {
    std::cout << std::setw(4) << track.rank << ".  " << std::setw(5) << track.plays << "  "
              << track.name.value_or(track.track_id);
    if (track.artist) std::cout << " - " << *track.artist;
    std::cout << "\n";
  }
}

/// A bar for every hour of the day, as long as the hour is busy.
void print_clock(const std::vector<pm::ClockHour>& clock) {
  constexpr std::int64_t kWidth = 40;
  std::int64_t most = 1;
  for (const pm::ClockHour& hour : clock) most = std::max(most, hour.plays);
  for (const pm::ClockHour& hour : clock) {
    const auto length = static_cast<std::size_t>(hour.plays * kWidth / most);
    std::cout << std::setw(4) << hour.hour << "h  " << std::string(length, '#') << "\n";
  }
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2 || count > 4) {
    std::cerr << "usage: " << arguments[0] << " MIRROR [PERIOD [ZONE]]\n";
    return EXIT_FAILURE;
  }
  const pm::Mirror mirror = pm::Mirror::open(arguments[1], {.create = false});
  pm::StatsFilter filter;
  if (count > 2) filter.period = pm::Period::parse(arguments[2]);
  if (count > 3) filter.tz = arguments[3];

  const pm::Stats stats = mirror.stats();
  print_totals(stats.totals(filter));
  filter.limit = 10;
  print_top(stats.top_tracks(filter));
  print_clock(stats.clock(filter));
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return EXIT_FAILURE;
}
