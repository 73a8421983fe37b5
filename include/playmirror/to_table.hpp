/// \file
/// Any list of described records as a Table: one column for each member, named after it. A record
/// inside a record gives its own columns, with the outer name and an underscore before theirs; an
/// enum gives its names.
#pragma once

#include <playmirror/column_builder.hpp>
#include <playmirror/lazy_records.hpp>
#include <playmirror/members.hpp>
#include <playmirror/table.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace playmirror {

/// Adds a value to a builder by its C++ type, and says which type of column that wants.
template <typename T>
struct ColumnValue;

template <std::same_as<bool> T>
struct ColumnValue<T> {
  static constexpr auto kType = ColumnType::boolean;
  static void add(ColumnBuilder& to, bool value) { to.add_boolean(value); }
};

template <std::integral T>
requires(!std::same_as<T, bool>) struct ColumnValue<T> {
  static constexpr auto kType = ColumnType::int64;
  static void add(ColumnBuilder& to, T value) { to.add_integer(std::int64_t{value}); }
};

template <std::same_as<double> T>
struct ColumnValue<T> {
  static constexpr auto kType = ColumnType::float64;
  static void add(ColumnBuilder& to, double value) { to.add_real(value); }
};

template <>
struct ColumnValue<std::string> {
  static constexpr auto kType = ColumnType::utf8;
  static void add(ColumnBuilder& to, const std::string& value) { to.add_text(value); }
};

template <>
struct ColumnValue<Blob> {
  static constexpr auto kType = ColumnType::binary;
  static void add(ColumnBuilder& to, const Blob& value) { to.add_bytes(value.bytes); }
};

template <>
struct ColumnValue<Timestamp> {
  static constexpr auto kType = ColumnType::timestamp;
  static void add(ColumnBuilder& to, Timestamp value) { to.add_timestamp(value); }
};

template <typename T>
requires std::constructible_from<std::chrono::sys_days, T>
struct ColumnValue<T> {
  static constexpr auto kType = ColumnType::date;
  static void add(ColumnBuilder& to, const T& value) { to.add_date(std::chrono::sys_days(value)); }
};

template <>
struct ColumnValue<std::vector<std::string>> {
  static constexpr auto kType = ColumnType::list;
  static void add(ColumnBuilder& to, const std::vector<std::string>& value) { to.add_list(value); }
};

template <Described T>
requires std::is_enum_v<T>
struct ColumnValue<T> {
  static constexpr auto kType = ColumnType::dictionary;
  static void add(ColumnBuilder& to, T value) {
    for (const Name<T>& known : Members<T>::kAll) {
      if (known.value == value) return to.add_text(known.name);
    }
    to.add_null();
  }
};

/// A type whose values can be in a column.
template <typename T>
concept HasColumn = requires {
  ColumnValue<T>::kType;
};

template <HasColumn T>
struct ColumnValue<std::optional<T>> {
  static constexpr auto kType = ColumnValue<T>::kType;
  static void add(ColumnBuilder& to, const std::optional<T>& value) {
    if (value) {
      ColumnValue<T>::add(to, *value);
    } else {
      to.add_null();
    }
  }
};

/// Whether every member of the record, or of a record in it, can be a column.
template <typename T>
struct IsTabular : std::false_type {};

template <Described T>
requires std::is_class_v<T>
struct IsTabular<T> {
  static constexpr bool value = std::apply(
      []<typename... Type>(const Member<T, Type>&...) {
        return ((HasColumn<Type> || IsTabular<Type>::value) && ...);
      },
      Members<T>::kAll);
};

/// A described record whose members all can be columns.
template <typename T>
concept Tabular = IsTabular<T>::value;

/// The columns of a record, filled record by record.
template <Tabular Record>
class RecordColumns {
 public:
  RecordColumns() { declare<Record>(""); }

  /// Adds a row.
  void add(const Record& record) {
    auto column = columns_.begin();
    add_members(record, column);
  }

  /// The table; the object is spent.
  [[nodiscard]] Table finish() && {
    std::vector<Column> finished;
    for (ColumnBuilder& column : columns_) finished.push_back(std::move(column).finish());
    return Table(std::move(finished));
  }

 private:
  template <typename Owner>
  void declare(const std::string& prefix) {
    std::apply([&](const auto&... member) { (declare(prefix, member), ...); },
               Members<Owner>::kAll);
  }

  template <typename Owner, typename Type>
  void declare(const std::string& prefix, const Member<Owner, Type>& member) {
    if constexpr (Tabular<Type>) {
      declare<Type>(prefix + member.name + "_");
    } else {
      columns_.emplace_back(
          Field{prefix + member.name, member.column.value_or(ColumnValue<Type>::kType)});
    }
  }

  template <typename Owner, typename Iterator>
  static void add_members(const Owner& owner, Iterator& column) {
    std::apply([&](const auto&... member) { (add_member(owner.*member.pointer, column), ...); },
               Members<Owner>::kAll);
  }

  template <typename Type, typename Iterator>
  static void add_member(const Type& value, Iterator& column) {
    if constexpr (Tabular<Type>) {
      add_members(value, column);
    } else {
      ColumnValue<Type>::add(*column++, value);
    }
  }

  std::vector<ColumnBuilder> columns_;
};

/// The records as a table, in their order.
template <Tabular Record>
[[nodiscard]] Table to_table(std::span<const Record> records) {
  RecordColumns<Record> columns;
  for (const Record& record : records) columns.add(record);
  return std::move(columns).finish();
}

/// Likewise.
template <Tabular Record>
[[nodiscard]] Table to_table(const std::vector<Record>& records) {
  return to_table(std::span<const Record>(records));
}

/// Likewise; each record is made once.
template <Tabular Record>
[[nodiscard]] Table to_table(const LazyRecords<Record>& records) {
  RecordColumns<Record> columns;
  for (std::size_t i = 0; i < records.size(); ++i) columns.add(records[i]);
  return std::move(columns).finish();
}

}  // namespace playmirror
