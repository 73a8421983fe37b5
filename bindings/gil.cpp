#include "gil.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <pthread.h>
#include <unistd.h>

namespace playmirror::python {
namespace {

/// How long the end of the program waits for callbacks that are at work.
constexpr auto kPatience = std::chrono::seconds(1);

/// How long it lets other threads go on that have called us before: one may be making the records
/// of its answer, which is Python's own work, and be told to let go of the GIL in between.
constexpr auto kGrace = std::chrono::milliseconds(50);

std::atomic<bool> ending = false;
std::atomic<std::thread::id> last_thread = {};  ///< the one that ends the program

/// Threads that ask for the GIL, or run a callback of a call. None begins once `ending` is set.
std::atomic<int> asking = 0;

std::thread::id first_thread;               ///< that has loaded the library
std::atomic<bool> several_threads = false;  ///< have called it

thread_local int calls = 0;         ///< that this thread is in, without the GIL
thread_local bool is_ours = false;  ///< a watcher's, which is stopped in its own way

/// Announces that this thread will ask for the GIL; false: it must not any more.
bool may_ask() {
  if (is_ours) return true;
  ++asking;
  if (!ending || last_thread.load() == std::this_thread::get_id()) return true;
  --asking;
  return false;
}

void has_asked() {
  if (!is_ours) --asking;
}

/// Run by `atexit`, before Python ends any thread: lets those through that ask for the GIL already.
void begin_to_end() {
  last_thread = std::this_thread::get_id();
  ending = true;
  if (!several_threads) return;
  const py::gil_scoped_release released;
  std::this_thread::sleep_for(kGrace);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (asking > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void watch_for_the_end() {
  ending = false;
  first_thread = std::this_thread::get_id();
  ::pthread_atfork(nullptr, nullptr, [] { asking = 0; });  // those who asked stay in the parent
  py::module_::import("atexit").attr("register")(py::cpp_function(begin_to_end));
}

void mark_as_ours() noexcept { is_ours = true; }

WithoutGil::WithoutGil() {
  if (std::this_thread::get_id() != first_thread) several_threads = true;
  released_.emplace();
  ++calls;
}

WithoutGil::~WithoutGil() {
  --calls;
  while (!may_ask()) ::pause();
  released_.reset();
  has_asked();
}

WithGil::WithGil() : of_a_call_(calls > 0) {
  if (of_a_call_ && !may_ask()) raise(ErrorCode::cancelled, "the program ends");
  acquired_.emplace();
}

WithGil::~WithGil() {
  acquired_.reset();
  if (of_a_call_) has_asked();
}

void Turn::take() {
  if (owner_ == std::this_thread::get_id()) {
    raise(ErrorCode::invalid_argument, "the server was called from a callback of its own call",
          {.hint = "Wait until the first call has returned, or connect a second time."});
  }
  const auto slice = std::chrono::milliseconds(50);
  while (!without_gil([&] { return mutex_.try_lock_for(slice); })) {
    if (const pid_t process = process_; process != 0 && process != ::getpid()) {
      raise(ErrorCode::closed, "another thread was using this when the process was forked",
            {.hint = "Open or connect another one in the child process."});
    }
    if (ending) {
      raise(ErrorCode::closed, "another thread was using this when the program began to end",
            {.hint = "Open or connect another one."});
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  note_owner();
}

bool Turn::try_take() {
  if (owner_ == std::this_thread::get_id() || !mutex_.try_lock()) return false;
  note_owner();
  return true;
}

void Turn::note_owner() noexcept {
  process_ = ::getpid();
  owner_ = std::this_thread::get_id();
}

void Turn::give() noexcept {
  owner_ = std::thread::id();
  process_ = 0;
  mutex_.unlock();
}

}  // namespace playmirror::python
