#include "core/query/record_reader.hpp"

#include "core/query/read_time.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <tuple>

namespace playmirror::query {
namespace {

/// Assigns the values of one row to the members of one record.
template <typename Record>
class RowReader {
 public:
  RowReader(const sqlite::Statement& row, OddReals& odd_reals) : row_(row), odd_reals_(odd_reals) {}

  Record read() {
    Record record;
    std::apply([&](const auto&... member) { (assign(member, record.*member.pointer), ...); },
               Members<Record>::kAll);
    return record;
  }

 private:
  template <typename Type>
  void assign(const Member<Record, Type>& member, Type& value) {
    take(value, member.name);
    ++column_;
  }

  void take(std::int64_t& value, std::string_view) { value = row_.integer(column_); }
  void take(std::string& value, std::string_view) { value = row_.text(column_); }
  void take(bool& value, std::string_view) { value = row_.integer(column_) != 0; }
  void take(double& value, std::string_view) { value = row_.real(column_); }
  void take(Timestamp& value, std::string_view name) { value = read_time(row_, column_, name); }

  template <typename T>
  void take(std::optional<T>& value, std::string_view name) {
    if (!row_.is_null(column_)) take(value.emplace(), name);
    if constexpr (std::same_as<T, double>) {
      if (value.value_or(0) == 0 && !odd_reals_.empty()) {
        if (const auto odd = odd_reals_.find(row_.text(0), name)) value = odd;
      }
    }
  }

  const sqlite::Statement& row_;
  OddReals& odd_reals_;
  int column_ = 0;
};

template <typename Record>
std::string make_select() {
  std::string columns;
  std::apply(
      [&](const auto&... member) {
        ((columns += (columns.empty() ? "r." : ", r.") + sqlite::quoted(member.name)), ...);
      },
      Members<Record>::kAll);
  return "SELECT " + columns + " FROM " + sqlite::quoted(kTableOf<Record>) + " AS r";
}

}  // namespace

template <typename Record>
const std::string& RecordReader<Record>::select() {
  static const std::string sql = make_select<Record>();
  return sql;
}

template <typename Record>
RecordReader<Record>::RecordReader(const sqlite::Database& database)
    : odd_reals_(database, kTableOf<Record>) {}

template <typename Record>
Record RecordReader<Record>::read(const sqlite::Statement& row) {
  return RowReader<Record>(row, odd_reals_).read();
}

template class RecordReader<Artist>;
template class RecordReader<Track>;
template class RecordReader<Play>;
template class RecordReader<Snapshot>;
template class RecordReader<PlaylistConfig>;

}  // namespace playmirror::query
