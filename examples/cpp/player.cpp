// A player that notes what it plays: "TRACK-ID SECONDS" on each line of its input is a track of
// which so much has just been heard. Each play is on disk before the next line is read, with or
// without a network; whoever syncs the mirror takes it to the server.
//
//   echo "4uLU6hMCjMI75M1A2tKUQC 183" | player music.db

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

namespace pm = playmirror;

namespace {

/// Records one play. A track that the mirror does not know yet gets a row with nothing but its id;
/// where the server has it, the server's row wins.
void note(const pm::Mirror& mirror, const std::string& track_id, std::int64_t seconds) {
  const pm::Timestamp now = pm::Timestamp::now();
  if (!mirror.tracks().find(track_id)) mirror.tracks().add({.id = track_id});
  const pm::Play play = mirror.plays().add({.track_id = track_id,
                                            .played_at = now,
                                            .listened_ms = seconds * 1000,
                                            .skipped = seconds < 30,
                                            .source = "player"});
  std::cout << "play " << play.id << " at " << now.to_string() << "\n";
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::cerr << "usage: " << arguments[0] << " MIRROR\n";
    return EXIT_FAILURE;
  }
  const pm::Mirror mirror = pm::Mirror::open(arguments[1]);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string track_id;
    std::int64_t seconds = 0;
    if (!(words >> track_id >> seconds)) {
      std::cerr << "not a track and seconds: " << line << "\n";
      continue;
    }
    try {
      note(mirror, track_id, seconds);
    } catch (const pm::Error& error) {
      // A play that cannot be noted does not stop the music.
      std::cerr << error.what() << "\n";
    }
  }
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return EXIT_FAILURE;
}
