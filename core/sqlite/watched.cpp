#include "core/sqlite/watched.hpp"

#include <future>
#include <sqlite3.h>
#include <thread>

namespace playmirror::sqlite {

Watched::Watched(Database& database, CallWatch& watch) : database_(database) {
  database_.on_progress([this, &watch] {
    try {
      watch.tick();
      return false;
    } catch (...) {
      stopped_ = std::current_exception();
      return true;
    }
  });
}

Watched::~Watched() { database_.on_progress({}); }

void watched_aside(Database& database, CallWatch& watch, const std::function<void()>& work) {
  std::packaged_task<void()> task(work);
  std::future<void> done = task.get_future();
  std::jthread thread(std::move(task));
  std::exception_ptr stopped;
  while (done.wait_for(CallWatch::kSlice) != std::future_status::ready) {
    // An interrupt is heard by the statement that runs: again and again, until one was.
    if (stopped) {
      sqlite3_interrupt(database.handle());
      continue;
    }
    try {
      watch.tick();
    } catch (...) {
      stopped = std::current_exception();
    }
  }
  thread.join();
  if (stopped) std::rethrow_exception(stopped);
  done.get();
}

}  // namespace playmirror::sqlite
