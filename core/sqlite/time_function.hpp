#pragma once

#include "core/sqlite/database.hpp"

#include <string_view>

namespace playmirror::sqlite {

/// SQL function: a timestamp's text to microseconds since 2000-01-01, the extreme integers for the
/// infinities. NULL for NULL and for any text that PostgreSQL would not have printed.
inline constexpr std::string_view kTimeFunction = "playmirror_micros";

/// Makes the function known on this connection, which must have no running statement.
void add_time_function(Database& database);

}  // namespace playmirror::sqlite
