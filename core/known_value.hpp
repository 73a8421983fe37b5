/// \file
/// Enums that come from outside may hold any number, and tables are read by them.
#pragma once

#include <playmirror/error.hpp>
#include <playmirror/members.hpp>

#include <string>

namespace playmirror {

/// Throws InvalidArgument for a value that is none of the enum's: `name` says whose it is.
template <typename Enum>
void require_known(const char* name, Enum value) {
  std::string names;
  for (const auto& known : Members<Enum>::kAll) {
    if (known.value == value) return;
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  }
  raise(ErrorCode::invalid_argument,
        std::string(name) + " is " + std::to_string(static_cast<int>(value)) + ", which is no " +
            Members<Enum>::kName,
        {.hint = "Give one of " + names + "."});
}

}  // namespace playmirror
