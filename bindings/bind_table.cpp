/// \file
/// Tables, their columns and lists of records. Values become Python's own types a column at a time;
/// other programs take the columns themselves, through Arrow's capsules.

#include "bind.hpp"
#include "convert_time.hpp"
#include "gil.hpp"
#include "record_list.hpp"

#include <playmirror/arrow.hpp>
#include <playmirror/column_builder.hpp>
#include <playmirror/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace playmirror::python {

template <>
struct Describe<ColumnType> {
  static constexpr auto kClass = "ColumnType";
  static constexpr std::array kNames = {
      Name{ColumnType::null, "null"},
      Name{ColumnType::boolean, "boolean"},
      Name{ColumnType::int64, "int64"},
      Name{ColumnType::float64, "float64"},
      Name{ColumnType::utf8, "utf8"},
      Name{ColumnType::json, "json"},
      Name{ColumnType::binary, "binary"},
      Name{ColumnType::date, "date"},
      Name{ColumnType::timestamp, "timestamp"},
      Name{ColumnType::list, "list"},
      Name{ColumnType::dictionary, "dictionary"},
  };
};

template <>
struct Describe<Field> {
  static constexpr auto kClass = "Field";
  static constexpr auto kMembers =
      std::tuple{Member{"name", &Field::name}, Member{"type", &Field::type}};
};

namespace {

// Capsules: their names are the interface's, and what nobody took is released with them.

template <typename Struct>
py::object capsule_of(Struct exported, const char* name, PyCapsule_Destructor destructor) {
  auto owned = std::make_unique<Struct>(exported);
  PyObject* capsule = PyCapsule_New(owned.get(), name, destructor);
  if (capsule == nullptr) {
    exported.release(&exported);
    throw py::error_already_set();
  }
  static_cast<void>(owned.release());
  return py::reinterpret_steal<py::object>(capsule);
}

template <typename Struct>
void destroy(PyObject* capsule, const char* name) {
  auto* exported = static_cast<Struct*>(PyCapsule_GetPointer(capsule, name));
  if (exported->release != nullptr) exported->release(exported);
  delete exported;
}

constexpr auto kSchema = "arrow_schema";
constexpr auto kArray = "arrow_array";
constexpr auto kStream = "arrow_array_stream";

py::object capsule_of(const ArrowSchema& schema) {
  return capsule_of(schema, kSchema,
                    [](PyObject* capsule) { destroy<ArrowSchema>(capsule, kSchema); });
}

py::object stream_of(const Table& table) {
  ArrowArrayStream stream;
  export_stream(table, &stream);
  return capsule_of(stream, kStream,
                    [](PyObject* capsule) { destroy<ArrowArrayStream>(capsule, kStream); });
}

py::object schema_of(const Table& table) {
  ArrowSchema schema;
  export_schema(table, &schema);
  return capsule_of(schema);
}

py::tuple array_of(const Column& column) {
  ArrowSchema schema;
  ArrowArray array;
  export_column(column, &schema, &array);
  py::object array_capsule =
      capsule_of(array, kArray, [](PyObject* capsule) { destroy<ArrowArray>(capsule, kArray); });
  return py::make_tuple(capsule_of(schema), std::move(array_capsule));
}

// Values.

py::object text(std::string_view value) {
  PyObject* made =
      PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), nullptr);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

struct CellToPython {
  py::object operator()(std::monostate) const { return py::none(); }
  py::object operator()(const std::string& value) const { return text(value); }
  py::object operator()(const Blob& value) const { return py::bytes(value.bytes); }
  py::object operator()(std::chrono::sys_days value) const { return to_date(value); }
  template <typename T>
  py::object operator()(const T& value) const {
    return python::to_python(value);
  }
};

/// Texts of a dictionary, each made once.
class Texts {
 public:
  explicit Texts(const Column& column) : column_(column), made_(column.dictionary().size()) {}

  py::object at(std::size_t row) {
    py::object& known = made_[static_cast<std::size_t>(column_.codes()[row])];
    if (!known) known = text(column_.text(row));
    return known;
  }

 private:
  const Column& column_;
  std::vector<py::object> made_;
};

py::list values(const Column& column) {
  py::list list(column.size());
  const auto fill = [&](auto&& make) {
    for (std::size_t row = 0; row < column.size(); ++row) {
      list[row] = column.is_null(row) ? py::none() : py::object(make(row));
    }
  };
  switch (column.type()) {
    case ColumnType::int64:
      fill([&, all = column.integers()](std::size_t row) { return py::int_(all[row]); });
      break;
    case ColumnType::float64:
      fill([&, all = column.reals()](std::size_t row) { return py::float_(all[row]); });
      break;
    case ColumnType::utf8:
    case ColumnType::json:
      fill([&](std::size_t row) { return text(column.text(row)); });
      break;
    case ColumnType::dictionary:
      fill([&, texts = Texts(column)](std::size_t row) mutable { return texts.at(row); });
      break;
    default:
      fill([&](std::size_t row) { return std::visit(CellToPython(), column.value(row)); });
  }
  return list;
}

/// C++ judges what is too large, and has no numbers below 0.
std::size_t row_number(py::handle value, const char* name) {
  const auto number = from_python<std::int64_t>(value, name);
  if (number < 0) {
    raise(ErrorCode::invalid_argument,
          std::string(name) + " is " + std::to_string(number) + ", and rows are counted from 0",
          {.hint = "Brackets take what Python takes for a slice: table[-3:]."});
  }
  return static_cast<std::size_t>(number);
}

template <typename Rows>
Rows slice(const Rows& rows, py::handle offset, py::handle length) {
  return rows.slice(row_number(offset, "offset"), row_number(length, "length"));
}

// Rows that are no slice, and tables out of a pickle, are made anew.

void add(ColumnBuilder& to, const Cell& cell) {
  struct Adder {
    ColumnBuilder& to;
    void operator()(std::monostate) const { to.add_null(); }
    void operator()(bool value) const { to.add_boolean(value); }
    void operator()(std::int64_t value) const { to.add_integer(value); }
    void operator()(double value) const { to.add_real(value); }
    void operator()(const std::string& value) const { to.add_text(value); }
    void operator()(const Blob& value) const { to.add_bytes(value.bytes); }
    void operator()(std::chrono::sys_days value) const { to.add_date(value); }
    void operator()(Timestamp value) const { to.add_timestamp(value); }
    void operator()(const std::vector<std::string>& value) const { to.add_list(value); }
  };
  std::visit(Adder{to}, cell);
}

Table pick(const Table& table, std::ptrdiff_t first, std::ptrdiff_t step, std::size_t count) {
  std::vector<Column> columns;
  for (const Column& column : table.columns()) {
    ColumnBuilder builder({column.name(), column.type()});
    auto row = first;
    for (std::size_t i = 0; i < count; ++i, row += step) {
      add(builder, column.value(static_cast<std::size_t>(row)));
    }
    columns.push_back(std::move(builder).finish());
  }
  return Table(std::move(columns));
}

Cell cell_of(py::handle value, ColumnType type) {
  if (value.is_none()) return {};
  switch (type) {
    case ColumnType::boolean:
      return from_python<bool>(value, "value");
    case ColumnType::int64:
      return from_python<std::int64_t>(value, "value");
    case ColumnType::float64:
      return from_python<double>(value, "value");
    case ColumnType::binary:
      return Blob{py::cast<std::string>(py::cast<py::bytes>(value))};
    case ColumnType::date:
      return from_date(value, "value");
    case ColumnType::timestamp:
      return from_python<Timestamp>(value, "value");
    case ColumnType::list:
      return from_python<std::vector<std::string>>(value, "value");
    default:
      return from_python<std::string>(value, "value");
  }
}

Table build(const py::list& fields) {
  std::vector<Column> columns;
  for (const py::handle each : fields) {
    const auto [name, type, values] = py::cast<std::tuple<py::str, py::object, py::list>>(each);
    const Field field{from_python<std::string>(name, "name"),
                      from_python<ColumnType>(type, "type")};
    ColumnBuilder builder(field);
    for (const py::handle value : values) add(builder, cell_of(value, field.type));
    columns.push_back(std::move(builder).finish());
  }
  return Table(std::move(columns));
}

}  // namespace

py::object make_records(std::shared_ptr<RecordList> list) {
  PYBIND11_CONSTINIT static ClassOnce found;
  const py::object kind = list->record_class();
  const std::size_t size = list->size();
  return found.get("Records")(py::cast(std::move(list)), kind, size);
}

py::object Convert<Table>::to_python(const Table& table) {
  PYBIND11_CONSTINIT static ClassOnce found;
  return found.get("Table")(table);
}

void bind_table(py::module_& module) {
  py::class_<Column>(module, "Column")
      .def("name", [](const Column& column) { return python::to_python(column.name()); })
      .def("type", [](const Column& column) { return python::to_python(column.type()); })
      .def("size", &Column::size)
      .def("null_count", &Column::null_count)
      .def("beyond_arrow", &Column::beyond_arrow)
      .def("values", &values)
      .def("slice", &slice<Column>)
      .def("array", &array_of);

  py::class_<Table>(module, "Table")
      .def("schema", [](const Table& table) { return python::to_python(table.schema()); })
      .def("__eq__", [](const Table& left, const Table& right) { return left == right; })
      .def("row_count", &Table::row_count)
      .def("columns",
           [](const Table& table) {
             py::list columns;
             for (const Column& column : table.columns()) columns.append(py::cast(column));
             return columns;
           })
      .def("slice", &slice<Table>)
      .def("pick", &pick)
      .def_static("build", &build)
      .def("stream_capsule", &stream_of)
      .def("schema_capsule", &schema_of);

  py::class_<RecordList, std::shared_ptr<RecordList>>(module, "RecordList")
      .def("to_list", &RecordList::to_list)
      .def("table", [](const RecordList& list) {
        return python::to_python(without_gil([&] { return list.table(); }));
      });
}

}  // namespace playmirror::python
