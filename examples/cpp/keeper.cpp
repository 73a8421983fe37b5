// Keeps a mirror in step with its server until SIGTERM or SIGINT: pulls what changes there, pushes
// what any process records here, and waits out a server that is away.
//
//   keeper music.db service=music

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>
#include <playmirror/watcher.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

namespace pm = playmirror;

namespace {

volatile std::sig_atomic_t asked_to_stop = 0;

extern "C" void ask_to_stop(int) { asked_to_stop = 1; }

/// One line for whoever reads the journal of services.
void tell(const pm::WatchEvent& event) {
  if (event.report) {
    std::int64_t pulled = 0;
    for (const auto& [table, counts] : event.report->pulled) {
      pulled += counts.inserted + counts.updated + counts.deleted;
    }
    std::cout << "synced: " << event.report->pushed << " pushed, " << pulled << " pulled"
              << std::endl;
  }
  if (event.state == pm::WatchState::retrying) {
    std::cout << "next try in " << event.retry_in.count() << " ms: " << event.error->what()
              << std::endl;
  } else if (event.error) {
    std::cout << event.error->what() << std::endl;
  }
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 3) {
    std::cerr << "usage: " << arguments[0] << " MIRROR DSN\n";
    return EXIT_FAILURE;
  }
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGINT, ask_to_stop);

  const pm::Mirror mirror = pm::Mirror::open(arguments[1]);
  pm::Watcher watcher = pm::Watcher::start(mirror, arguments[2], {}, {.on_event = tell});
  // wait() throws what ended the watcher, unless that was stop().
  while (!watcher.wait(std::chrono::milliseconds(200))) {
    if (asked_to_stop != 0) watcher.stop();
  }
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return EXIT_FAILURE;
}
