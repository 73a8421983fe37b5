#include "gil.hpp"

#include <playmirror/error.hpp>

#include <chrono>

namespace playmirror::python {

void Turn::take() {
  if (owner_ == std::this_thread::get_id()) {
    raise(ErrorCode::invalid_argument, "the server was called from a callback of its own call",
          {.hint = "Wait until the first call has returned, or connect a second time."});
  }
  const auto slice = std::chrono::milliseconds(50);
  while (!without_gil([&] { return mutex_.try_lock_for(slice); })) {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  owner_ = std::this_thread::get_id();
}

void Turn::give() noexcept {
  owner_ = std::thread::id();
  mutex_.unlock();
}

}  // namespace playmirror::python
