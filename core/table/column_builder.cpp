#include "core/table/column_data.hpp"
#include "core/text/utf8.hpp"
#include "core/time/calendar.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/column_builder.hpp>
#include <playmirror/error.hpp>

#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>
#include <variant>

namespace playmirror {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};

/// Texts or bytes, one after another.
struct Bytes {
  std::vector<char> bytes = {};
  std::vector<std::int64_t> offsets = {0};

  void add(std::string_view value) {
    bytes.insert(bytes.end(), value.begin(), value.end());
    offsets.push_back(std::ssize(bytes));
  }
};

void put(Column::Data& data, Bytes&& bytes) {
  data.values = buffer_of(std::move(bytes.bytes));
  data.offsets = buffer_of(std::move(bytes.offsets));
}

std::shared_ptr<const Column::Data> texts(const char* name, Bytes&& bytes) {
  auto data = std::make_shared<Column::Data>();
  data->field = {name, ColumnType::utf8};
  data->size = bytes.offsets.size() - 1;
  put(*data, std::move(bytes));
  return data;
}

/// Each distinct text once, and the rows as numbers of them.
struct Dictionary {
  Bytes texts = {};
  std::vector<std::int32_t> codes = {};
  std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>> known = {};

  void add(std::string_view text) {
    auto found = known.find(text);
    if (found == known.end()) {
      if (known.size() == std::numeric_limits<std::int32_t>::max()) {
        raise(ErrorCode::value_too_large, "a dictionary cannot hold that many distinct texts",
              {.hint = "Make it a column of type utf8."});
      }
      found = known.emplace(text, static_cast<std::int32_t>(known.size())).first;
      texts.add(text);
    }
    codes.push_back(found->second);
  }
};

struct Lists {
  Bytes items = {};
  std::vector<std::int64_t> offsets = {0};
};

/// What the rows of each type are gathered in.
using Rows = std::variant<std::monostate, BitVector, std::vector<std::int64_t>, std::vector<double>,
                          std::vector<std::int32_t>, Bytes, Lists, Dictionary>;

Rows rows_for(ColumnType type) {
  switch (type) {
    case ColumnType::null:
      return std::monostate();
    case ColumnType::boolean:
      return BitVector();
    case ColumnType::int64:
    case ColumnType::timestamp:
      return std::vector<std::int64_t>();
    case ColumnType::float64:
      return std::vector<double>();
    case ColumnType::date:
      return std::vector<std::int32_t>();
    case ColumnType::list:
      return Lists();
    case ColumnType::dictionary:
      return Dictionary();
    default:
      return Bytes();
  }
}

/// A row without a value.
struct AddNothing {
  void operator()(std::monostate) const {}
  void operator()(BitVector& bits) const { bits.push_back(false); }
  void operator()(Bytes& bytes) const { bytes.add({}); }
  void operator()(Lists& lists) const { lists.offsets.push_back(lists.offsets.back()); }
  void operator()(Dictionary& dictionary) const { dictionary.codes.push_back(0); }
  template <typename T>
  void operator()(std::vector<T>& values) const {
    values.push_back(T{});
  }
};

struct PutRows {
  Column::Data& data;
  void operator()(std::monostate) const {}
  void operator()(BitVector&& bits) const { data.values = buffer_of(std::move(bits).take()); }
  void operator()(Bytes&& bytes) const { put(data, std::move(bytes)); }
  void operator()(Lists&& lists) const {
    data.offsets = buffer_of(std::move(lists.offsets));
    data.child = texts("item", std::move(lists.items));
  }
  void operator()(Dictionary&& dictionary) const {
    data.values = buffer_of(std::move(dictionary.codes));
    data.child = texts("", std::move(dictionary.texts));
  }
  template <typename T>
  void operator()(std::vector<T>&& values) const {
    data.values = buffer_of(std::move(values));
  }
};

/// Microseconds between PostgreSQL's day 0 and 1970.
constexpr std::int64_t kEpochDistance = -calendar::days_of({1970, 1, 1}) * calendar::kMicrosPerDay;

}  // namespace

struct ColumnBuilder::Impl {
  Field field;
  Rows rows;
  Validity validity = {};
  std::vector<std::pair<std::size_t, Timestamp>> beyond = {};

  /// The rows of this type of column; throws when it is of another.
  template <typename Kind>
  Kind& of(std::initializer_list<ColumnType> types) {
    for (const ColumnType type : types) {
      if (field.type == type) return std::get<Kind>(rows);
    }
    raise(ErrorCode::invalid_argument, "a value of another type was added to column " + field.name,
          {.hint = "Add what the type of its Field says."});
  }
};

ColumnBuilder::ColumnBuilder(Field field) : impl_(std::make_unique<Impl>()) {
  impl_->rows = rows_for(field.type);
  impl_->field = std::move(field);
}
ColumnBuilder::ColumnBuilder(ColumnBuilder&&) noexcept = default;
ColumnBuilder& ColumnBuilder::operator=(ColumnBuilder&&) noexcept = default;
ColumnBuilder::~ColumnBuilder() = default;

void ColumnBuilder::reserve(std::size_t rows) {
  if (auto* integers = std::get_if<std::vector<std::int64_t>>(&impl_->rows)) {
    integers->reserve(rows);
  } else if (auto* reals = std::get_if<std::vector<double>>(&impl_->rows)) {
    reals->reserve(rows);
  } else if (auto* dictionary = std::get_if<Dictionary>(&impl_->rows)) {
    dictionary->codes.reserve(rows);
  } else if (auto* bytes = std::get_if<Bytes>(&impl_->rows)) {
    bytes->offsets.reserve(rows + 1);
  }
}

void ColumnBuilder::add_null() {
  std::visit(AddNothing(), impl_->rows);
  impl_->validity.add(false);
}

void ColumnBuilder::add_boolean(bool value) {
  impl_->of<BitVector>({ColumnType::boolean}).push_back(value);
  impl_->validity.add(true);
}

void ColumnBuilder::add_integer(std::int64_t value) {
  impl_->of<std::vector<std::int64_t>>({ColumnType::int64}).push_back(value);
  impl_->validity.add(true);
}

void ColumnBuilder::add_real(double value) {
  impl_->of<std::vector<double>>({ColumnType::float64}).push_back(value);
  impl_->validity.add(true);
}

void ColumnBuilder::add_text(std::string_view value) {
  if (auto* dictionary = std::get_if<Dictionary>(&impl_->rows)) {
    text::call_with_utf8(value, [&](std::string_view text) { dictionary->add(text); });
  } else {
    auto& texts = impl_->of<Bytes>({ColumnType::utf8, ColumnType::json});
    text::call_with_utf8(value, [&](std::string_view text) { texts.add(text); });
  }
  impl_->validity.add(true);
}

void ColumnBuilder::add_bytes(std::string_view value) {
  impl_->of<Bytes>({ColumnType::binary}).add(value);
  impl_->validity.add(true);
}

void ColumnBuilder::add_date(std::chrono::sys_days value) {
  const auto days = static_cast<std::int32_t>(value.time_since_epoch().count());
  impl_->of<std::vector<std::int32_t>>({ColumnType::date}).push_back(days);
  impl_->validity.add(true);
}

void ColumnBuilder::add_timestamp(Timestamp value) {
  auto& micros = impl_->of<std::vector<std::int64_t>>({ColumnType::timestamp});
  std::int64_t since_1970 = 0;
  const bool fits = value.is_finite() &&
                    !__builtin_add_overflow(value.postgres_micros(), kEpochDistance, &since_1970);
  if (!fits) impl_->beyond.emplace_back(micros.size(), value);
  micros.push_back(fits ? since_1970 : 0);
  impl_->validity.add(fits);
}

void ColumnBuilder::add_list(std::span<const std::string> values) {
  auto& lists = impl_->of<Lists>({ColumnType::list});
  for (const std::string& value : values) {
    text::call_with_utf8(value, [&](std::string_view text) { lists.items.add(text); });
  }
  lists.offsets.push_back(std::ssize(lists.items.offsets) - 1);
  impl_->validity.add(true);
}

Column ColumnBuilder::finish() && {
  const auto impl = std::move(impl_);
  auto data = std::make_shared<Column::Data>();
  data->field = std::move(impl->field);
  data->size = impl->validity.size();
  data->arrow_nulls = impl->validity.nulls();
  if (data->field.type != ColumnType::null) data->validity = std::move(impl->validity).take();
  data->beyond = std::move(impl->beyond);
  std::visit(PutRows{*data}, std::move(impl->rows));
  return Column(std::move(data));
}

}  // namespace playmirror
