/// \file
/// The one rule for threads: let go of Python's lock (the GIL) before any call into playmirror that
/// reads, writes or waits, and take it again only when no lock of playmirror is held.
#pragma once

#include <atomic>
#include <mutex>
#include <pybind11/pybind11.h>
#include <sys/types.h>
#include <thread>
#include <utility>

namespace playmirror::python {

namespace py = pybind11;

/// Runs `work` while other Python threads go on.
template <typename Work>
auto without_gil(Work&& work) {
  const py::gil_scoped_release released;
  return std::forward<Work>(work)();
}

/// Lets one thread at a time use an object that the library gives to one thread. Others wait their
/// turn, with the GIL released, and still hear Ctrl-C.
class Turn {
 public:
  /// Waits for the turn and runs `work` without the GIL. Call with the GIL held. Throws
  /// InvalidArgument when this thread has the turn already: a callback that calls back; closed when
  /// a thread had it that fork() has left behind.
  template <typename Work>
  auto run(Work&& work) {
    take();
    const Held held(*this);
    return without_gil(std::forward<Work>(work));
  }

  /// Runs `work` without the GIL if it is nobody's turn.
  template <typename Work>
  void run_if_free(Work&& work) {
    if (!try_take()) return;
    const Held held(*this);
    without_gil(std::forward<Work>(work));
  }

 private:
  class Held {
   public:
    explicit Held(Turn& turn) : turn_(turn) {}
    ~Held() { turn_.give(); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Turn& turn_;
  };

  void take();
  bool try_take();
  void note_owner() noexcept;
  void give() noexcept;

  std::timed_mutex mutex_;
  std::atomic<std::thread::id> owner_ = {};
  std::atomic<pid_t> process_ = 0;  ///< whose turn it is
};

}  // namespace playmirror::python
