/// \file
/// Structs and enums on their way between Python and C++.
///
/// A struct is described once, as the list of its members, and is then an instance of the Python
/// class of the same name (a frozen dataclass in playmirror), or keyword arguments of the same
/// names. An enum is described as the list of its names, and is then the member of that value of
/// the Python enum of the same name; its name as text is taken as well.
#pragma once

#include "convert.hpp"

#include <playmirror/members.hpp>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <pybind11/gil_safe_call_once.h>
#include <pybind11/pybind11.h>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace playmirror::python {

/// For every struct and enum that crosses: kClass, the Python class, and kMembers (a tuple of
/// Member) or kNames (an array of Name). What the public headers describe is taken from there; all
/// others are described here, in describe_*.hpp.
template <typename T>
struct Describe;

template <Described T>
requires std::is_class_v<T>
struct Describe<T> {
  static constexpr auto kClass = Members<T>::kName;
  static constexpr auto kMembers = Members<T>::kAll;
};

template <Described T>
requires std::is_enum_v<T>
struct Describe<T> {
  static constexpr auto kClass = Members<T>::kName;
  static constexpr auto kNames = Members<T>::kAll;
};

template <typename T>
concept Struct = requires {
  Describe<T>::kMembers;
};

template <typename T>
concept Enum = requires {
  Describe<T>::kNames;
};

/// The class that playmirror has under this name; "Difference.Kind" is a class inside another.
[[nodiscard]] py::object find_class(const char* name);

/// The same, looked up once: to import, even what is imported already, costs as much as a small
/// question to the mirror. Static and PYBIND11_CONSTINIT.
class ClassOnce {
 public:
  constexpr ClassOnce() noexcept = default;
  const py::object& get(const char* name);

 private:
  py::gil_safe_call_once_and_store<py::object> found_;
};

/// Which of these texts it is, names.size() if none, or if it is no text. Names of keywords are
/// mostly one object wherever they are written.
[[nodiscard]] std::size_t position(py::handle key, std::span<const py::object> names);

/// An instance of `type`, made without its __init__ and filled without its __setattr__, which a
/// frozen dataclass uses to say no.
class Instance {
 public:
  explicit Instance(py::handle type);
  void set(py::handle name, py::handle value);

  /// As with tuples, Python's collector need not follow what can be in no cycle.
  [[nodiscard]] py::object take() &&;

 private:
  py::object object_;
  bool may_be_in_cycle_ = false;
};

/// Throws TypeError: unexpected keyword argument, or no name of one at all.
[[noreturn]] void unexpected_keyword(py::handle name);

/// The names of the members, as Python has them.
template <Struct T>
[[nodiscard]] const auto& member_names() {
  constexpr std::size_t kCount = std::tuple_size_v<decltype(Describe<T>::kMembers)>;
  using Names = std::array<py::object, kCount>;
  PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<Names> storage;
  return storage
      .call_once_and_store_result([] {
        const auto interned = [](const auto& member) {
          return py::reinterpret_steal<py::object>(PyUnicode_InternFromString(member.name));
        };
        return std::apply([&](const auto&... member) { return Names{interned(member)...}; },
                          Describe<T>::kMembers);
      })
      .get_stored();
}

template <Struct T>
struct Convert<T> {
  static const py::object& record_class() {
    PYBIND11_CONSTINIT static ClassOnce found;
    return found.get(Describe<T>::kClass);
  }

  static py::object to_python(const T& value) {
    const auto& names = member_names<T>();
    Instance instance(record_class());
    std::size_t index = 0;
    std::apply(
        [&](const auto&... member) {
          (instance.set(names[index++], python::to_python(value.*member.pointer)), ...);
        },
        Describe<T>::kMembers);
    return std::move(instance).take();
  }
};

/// What a keyword gives a member. Kinds of members that take more have overloads of their own.
template <typename Record, typename Type>
[[nodiscard]] Type keyword_value(const Member<Record, Type>& member, py::handle value) {
  return from_python<Type>(value, member.name);
}

/// The struct with the members that the keywords name; the others keep their defaults.
template <Struct T>
[[nodiscard]] T from_keywords(const py::dict& keywords) {
  T result;
  const auto& names = member_names<T>();
  for (const auto& [key, value] : keywords) {
    const std::size_t wanted = position(key, names);
    if (wanted == names.size()) unexpected_keyword(key);
    std::size_t index = 0;
    const auto take = [&, &value = value](const auto& member) {
      if (index++ != wanted) return;
      result.*member.pointer = keyword_value(member, value);
    };
    std::apply([&](const auto&... member) { (take(member), ...); }, Describe<T>::kMembers);
  }
  return result;
}

/// The member of `type` with this value.
[[nodiscard]] py::object enum_member(py::handle type, const char* value);

/// Throws InvalidArgument: "`name` must be one of ..., not `text`".
[[noreturn]] void unknown_name(const char* name, const std::string& text,
                               std::initializer_list<const char*> known);

template <Enum T>
struct Convert<T> {
  static constexpr std::size_t kCount = Describe<T>::kNames.size();

  static py::object to_python(T value) {
    const auto& members = python_members();
    for (std::size_t index = 0; index < kCount; ++index) {
      if (Describe<T>::kNames[index].value == value) return members[index];
    }
    throw py::value_error("an enumerator without a name");  // the parity test rules it out
  }

  static T from_python(py::handle object, const char* name) {
    const auto text = python::from_python<std::string>(object, name);  // the enums are strings
    for (const Name<T>& known : Describe<T>::kNames) {
      if (text == known.name) return known.value;
    }
    [&]<std::size_t... index>(std::index_sequence<index...>) {
      unknown_name(name, text, {Describe<T>::kNames[index].name...});
    }
    (std::make_index_sequence<kCount>());
    return {};
  }

 private:
  using Members = std::array<py::object, kCount>;

  static const Members& python_members() {
    PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<Members> storage;
    return storage
        .call_once_and_store_result([] {
          const py::object type = find_class(Describe<T>::kClass);
          Members members;
          for (std::size_t index = 0; index < kCount; ++index) {
            members[index] = enum_member(type, Describe<T>::kNames[index].name);
          }
          return members;
        })
        .get_stored();
  }
};

}  // namespace playmirror::python
