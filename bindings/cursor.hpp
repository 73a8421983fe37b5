/// \file
/// A C++ cursor as a Python iterator.
#pragma once

#include "convert_time.hpp"
#include "describe.hpp"
#include "gil.hpp"

#include <playmirror/cursor.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <pybind11/pybind11.h>
#include <utility>
#include <vector>

namespace playmirror::python {

/// Iterates over the rows of a cursor. Rows are fetched some at a time: letting go of the GIL and
/// taking it again for each would cost more than the row. A cursor belongs to one thread; Python
/// threads that share this one take turns.
template <typename Record>
class CursorIterator {
 public:
  explicit CursorIterator(Cursor<Record> cursor) : cursor_(std::move(cursor)) {}

  /// The next row. Throws StopIteration at the end and after close().
  py::object next() {
    if (ready_.empty()) {
      for (Record& record : turn_.run([this] { return fetch(); })) {
        ready_.push_back(std::move(record));
      }
    }
    if (ready_.empty()) throw py::stop_iteration();
    const Record record = std::move(ready_.front());
    ready_.pop_front();
    return to_python(record);
  }

  /// Lets go of the file.
  void close() {
    turn_.run([this] { cursor_.reset(); });
    ready_.clear();
  }

 private:
  static constexpr std::size_t kBatch = 64;

  std::vector<Record> fetch() {
    std::vector<Record> records;
    while (cursor_ && records.size() < kBatch) {
      if (auto record = cursor_->next()) {
        records.push_back(*std::move(record));
      } else {
        cursor_.reset();
      }
    }
    return records;
  }

  Turn turn_;
  std::optional<Cursor<Record>> cursor_;  // touched in turn
  std::deque<Record> ready_;              // touched with the GIL
};

template <typename Record>
void bind_cursor(py::module_& module, const char* name) {
  using Iterator = CursorIterator<Record>;
  py::class_<Iterator, Held<Iterator>>(module, name)
      .def("__iter__", [](py::object self) { return self; })
      .def("__next__", &Iterator::next)
      .def("close", &Iterator::close);
}

}  // namespace playmirror::python
