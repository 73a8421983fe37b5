/// \file
/// A list of records on its way to Python: playmirror.Records. The records stay in C++ until they
/// are looked at, so that a table of them costs no Python objects.
#pragma once

#include "describe.hpp"

#include <playmirror/lazy_records.hpp>
#include <playmirror/to_table.hpp>

#include <cstddef>
#include <memory>
#include <pybind11/pybind11.h>
#include <utility>
#include <vector>

namespace playmirror::python {

namespace py = pybind11;

/// Keeps Python's collector from looking for cycles, again and again, among objects that are just
/// being made and have none.
class CollectorPause {
 public:
  CollectorPause() noexcept : was_enabled_(PyGC_Disable() != 0) {}
  CollectorPause(const CollectorPause&) = delete;
  CollectorPause& operator=(const CollectorPause&) = delete;
  ~CollectorPause() {
    if (was_enabled_) PyGC_Enable();
  }

 private:
  bool was_enabled_;
};

/// What playmirror.Records stands on. Immutable.
class RecordList {
 public:
  RecordList() = default;
  RecordList(const RecordList&) = delete;
  RecordList& operator=(const RecordList&) = delete;
  virtual ~RecordList() = default;

  [[nodiscard]] virtual py::object record_class() const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual py::list to_list() const = 0;
  [[nodiscard]] virtual Table table() const = 0;
};

/// `List` holds the records, or makes them.
template <Tabular Record, typename List = std::vector<Record>>
class RecordListOf final : public RecordList {
 public:
  explicit RecordListOf(List records) : records_(std::move(records)) {}

  [[nodiscard]] py::object record_class() const override { return Convert<Record>::record_class(); }

  [[nodiscard]] std::size_t size() const override { return records_.size(); }

  [[nodiscard]] py::list to_list() const override {
    const CollectorPause pause;
    py::list list(size());
    for (std::size_t i = 0; i < size(); ++i) list[i] = python::to_python(records_[i]);
    return list;
  }

  [[nodiscard]] Table table() const override { return to_table(records_); }

 private:
  List records_;
};

/// The playmirror.Records of a list.
[[nodiscard]] py::object make_records(std::shared_ptr<RecordList> list);

template <Tabular Record>
struct Convert<std::vector<Record>> {
  static py::object to_python(std::vector<Record> records) {
    return make_records(std::make_shared<RecordListOf<Record>>(std::move(records)));
  }
};

template <Tabular Record>
struct Convert<LazyRecords<Record>> {
  static py::object to_python(LazyRecords<Record> records) {
    using List = RecordListOf<Record, LazyRecords<Record>>;
    return make_records(std::make_shared<List>(std::move(records)));
  }
};

template <>
struct Convert<Table> {
  static py::object to_python(const Table& table);
};

}  // namespace playmirror::python
