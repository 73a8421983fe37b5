#include "gil.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <unistd.h>

namespace playmirror::python {

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
