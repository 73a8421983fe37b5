/// \file
/// What a record consists of: its members by name, in order. Written once for each record, and
/// walked by whatever is made of one, such as a table (to_table.hpp) or an object of another
/// language. record_members.hpp and stats_members.hpp have those of this library.
#pragma once

#include <playmirror/table.hpp>

#include <optional>

namespace playmirror {

/// One member of a record. A table gives it the column type that follows from its C++ type, unless
/// another one stands here: json for text that is JSON, dictionary for text that repeats.
template <typename Record, typename Type>
struct Member {
  const char* name = nullptr;
  Type Record::*pointer = nullptr;
  std::optional<ColumnType> column = {};
};
template <typename Record, typename Type>
Member(const char*, Type Record::*) -> Member<Record, Type>;
template <typename Record, typename Type>
Member(const char*, Type Record::*, ColumnType) -> Member<Record, Type>;

/// One enumerator.
template <typename Enum>
struct Name {
  Enum value = {};
  const char* name = nullptr;
};
template <typename Enum>
Name(Enum, const char*) -> Name<Enum>;

/// Specialised for records: kName, the name of the struct, and kAll, a tuple of Member. And for
/// enums among their members: kName, and kAll, an array of Name.
template <typename T>
struct Members;

/// A record or an enum whose members are written down.
template <typename T>
concept Described = requires {
  Members<T>::kAll;
};

}  // namespace playmirror
