/// \file
/// The one rule for threads: let go of Python's lock (the GIL) before any call into playmirror that
/// reads, writes or waits, and take it again only when no lock of playmirror is held.
///
/// At the end of a program Python ends each thread that asks for the GIL, in the middle of whatever
/// C++ it is in, which would end the process by an abort. So a daemon thread that is in a call then
/// comes out of the call, and asks no more.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <pybind11/pybind11.h>
#include <sys/types.h>
#include <thread>
#include <utility>

namespace playmirror::python {

namespace py = pybind11;

/// Looks after the end of the program from now on. Call once, with the GIL held.
void watch_for_the_end();

/// Says that this thread is a watcher's.
void mark_as_ours() noexcept;

/// Lets go of the GIL while it lives. Its end does not return on a thread that the end of the
/// program has overtaken.
class WithoutGil {
 public:
  WithoutGil();
  ~WithoutGil();
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  std::optional<py::gil_scoped_release> released_;
};

/// Has the GIL while it lives, for a callback. Throws Cancelled when the callback is of a call that
/// the end of the program has overtaken; that ends the call.
class WithGil {
 public:
  WithGil();
  ~WithGil();
  WithGil(const WithGil&) = delete;
  WithGil& operator=(const WithGil&) = delete;

 private:
  bool of_a_call_;
  std::optional<py::gil_scoped_acquire> acquired_;
};

/// Runs `work` while other Python threads go on.
template <typename Work>
auto without_gil(Work&& work) {
  const WithoutGil released;
  return std::forward<Work>(work)();
}

/// How Python holds an object whose end may wait: it ends without the GIL.
template <typename T>
struct EndWithoutGil {
  void operator()(T* object) const {
    without_gil([object] { delete object; });
  }
};
template <typename T>
using Held = std::unique_ptr<T, EndWithoutGil<T>>;

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
    const Taken taken(*this);
    return without_gil(std::forward<Work>(work));
  }

  /// Runs `work` without the GIL if it is nobody's turn.
  template <typename Work>
  void run_if_free(Work&& work) {
    if (!try_take()) return;
    const Taken taken(*this);
    without_gil(std::forward<Work>(work));
  }

 private:
  class Taken {
   public:
    explicit Taken(Turn& turn) : turn_(turn) {}
    ~Taken() { turn_.give(); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

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
