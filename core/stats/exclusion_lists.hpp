/// \file
/// The lists of exclusions in the file: playmirror_exclusions.
#pragma once

#include "core/sqlite/database.hpp"

#include <playmirror/exclusions.hpp>

#include <optional>
#include <string_view>

namespace playmirror::stats {

[[nodiscard]] std::optional<ExclusionList> find_exclusions(const sqlite::Database& database,
                                                           std::string_view name);

}  // namespace playmirror::stats
