/// \file
/// Described records (members.hpp) out of parsed JSON: each member from the key of its name. Keys
/// without a member are passed over; of keys that repeat, the first one counts.
#pragma once

#include <playmirror/error.hpp>
#include <playmirror/members.hpp>
#include <playmirror/timestamp.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <rapidjson/document.h>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace playmirror::text {

using Json = rapidjson::Value;

/// Thrown for a value that its member cannot take.
struct JsonMismatch {
  std::string where;     ///< such as "top.tracks[3].plays"
  std::string expected;  ///< such as "a whole number"
};

/// Where a value stands: a list on the stack, from the value up to the document.
struct JsonPlace {
  const JsonPlace* outer = nullptr;
  std::string_view key = {};  ///< empty: an entry of a list
  std::size_t index = 0;

  [[nodiscard]] std::string to_string() const {
    std::string text = outer != nullptr ? outer->to_string() : std::string();
    if (key.empty()) return outer != nullptr ? text + '[' + std::to_string(index) + ']' : text;
    return (text.empty() ? text : text + '.') + std::string(key);
  }

  [[noreturn]] void expects(const char* what) const { throw JsonMismatch{to_string(), what}; }
};

/// How a record is spelled, where not like its members. Specialised for those.
template <typename Record>
struct JsonSpelling {
  static constexpr bool kIsList = false;  ///< [first member, second member, ...]

  /// The key of a member; empty for one that the JSON does not hold.
  static constexpr std::string_view key(std::string_view member) { return member; }

  /// Whether a member that is not optional may be missing or null, and keeps its default then.
  static constexpr bool may_lack(std::string_view /*member*/) { return false; }
};

template <typename T>
struct FromJson;

template <typename T>
[[nodiscard]] T from_json(const Json& value, const JsonPlace& place) {
  return FromJson<T>::read(value, place);
}

template <>
struct FromJson<bool> {
  static bool read(const Json& value, const JsonPlace& place) {
    if (!value.IsBool()) place.expects("true or false");
    return value.GetBool();
  }
};

template <>
struct FromJson<std::int64_t> {
  static std::int64_t read(const Json& value, const JsonPlace& place) {
    if (!value.IsInt64()) place.expects("a whole number");
    return value.GetInt64();
  }
};

template <>
struct FromJson<double> {
  static double read(const Json& value, const JsonPlace& place) {
    if (!value.IsNumber()) place.expects("a number");
    return value.GetDouble();
  }
};

template <>
struct FromJson<std::string> {
  static std::string read(const Json& value, const JsonPlace& place) {
    if (!value.IsString()) place.expects("text");
    return {value.GetString(), value.GetStringLength()};
  }
};

template <>
struct FromJson<Timestamp> {
  static Timestamp read(const Json& value, const JsonPlace& place) {
    constexpr auto kExpected = "a time with its zone";
    if (!value.IsString()) place.expects(kExpected);
    try {
      return Timestamp::parse({value.GetString(), value.GetStringLength()});
    } catch (const InvalidArgument&) {
      place.expects(kExpected);
    }
  }
};

template <>
struct FromJson<std::chrono::year_month_day> {
  static std::chrono::year_month_day read(const Json& value, const JsonPlace& place) {
    constexpr auto kExpected = "a day such as 2026-01-31";
    if (!value.IsString()) place.expects(kExpected);
    const std::string_view text{value.GetString(), value.GetStringLength()};
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') place.expects(kExpected);
    const auto number = [&](std::size_t at, std::size_t size) {
      unsigned read = 0;
      const char* const end = text.data() + at + size;
      if (std::from_chars(text.data() + at, end, read).ptr != end) place.expects(kExpected);
      return read;
    };
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0, 4))),
                                          std::chrono::month(number(5, 2)),
                                          std::chrono::day(number(8, 2))};
    if (!day.ok()) place.expects(kExpected);
    return day;
  }
};

template <typename T>
struct FromJson<std::optional<T>> {
  static std::optional<T> read(const Json& value, const JsonPlace& place) {
    if (value.IsNull()) return std::nullopt;
    return from_json<T>(value, place);
  }
};

template <typename T>
struct FromJson<std::vector<T>> {
  static std::vector<T> read(const Json& value, const JsonPlace& place) {
    if (!value.IsArray()) place.expects("a list");
    std::vector<T> list;
    list.reserve(value.Size());
    for (const Json& each : value.GetArray()) {
      list.push_back(from_json<T>(each, {.outer = &place, .index = list.size()}));
    }
    return list;
  }
};

template <Described T>
requires std::is_enum_v<T>
struct FromJson<T> {
  static T read(const Json& value, const JsonPlace& place) {
    const auto text = from_json<std::string>(value, place);
    for (const Name<T>& known : Members<T>::kAll) {
      if (text == known.name) return known.value;
    }
    place.expects("a choice that this version knows");
  }
};

template <Described T>
requires std::is_class_v<T>
struct FromJson<T> {
  static T read(const Json& value, const JsonPlace& place) {
    T record;
    if constexpr (JsonSpelling<T>::kIsList) {
      constexpr std::size_t kCount = std::tuple_size_v<decltype(Members<T>::kAll)>;
      if (!value.IsArray() || value.Size() != kCount) place.expects("a list of its parts");
      rapidjson::SizeType index = 0;
      each_member([&](const auto& member) {
        auto& into = record.*member.pointer;
        const JsonPlace at{.outer = &place, .index = index};
        into = from_json<std::remove_reference_t<decltype(into)>>(value[index++], at);
      });
    } else {
      if (!value.IsObject()) place.expects("an object");
      each_member([&](const auto& member) { read_member(value, place, member, record); });
    }
    return record;
  }

 private:
  template <typename Visit>
  static void each_member(Visit&& visit) {
    std::apply([&](const auto&... member) { (visit(member), ...); }, Members<T>::kAll);
  }

  template <typename Type>
  static void read_member(const Json& object, const JsonPlace& place, const Member<T, Type>& member,
                          T& record) {
    const std::string_view key = JsonSpelling<T>::key(member.name);
    if (key.empty()) return;
    const JsonPlace at{.outer = &place, .key = key};
    const auto found = object.FindMember(
        Json(rapidjson::StringRef(key.data(), static_cast<rapidjson::SizeType>(key.size()))));
    const bool missing = found == object.MemberEnd();
    if (missing || found->value.IsNull()) {
      if (JsonSpelling<T>::may_lack(member.name)) return;
      if constexpr (requires { (record.*member.pointer).reset(); }) return;
    }
    if (missing) at.expects("there");
    record.*member.pointer = from_json<Type>(found->value, at);
  }
};

}  // namespace playmirror::text
