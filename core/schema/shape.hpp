#pragma once

#include "core/sqlite/database.hpp"

#include <playmirror/status.hpp>

#include <vector>

namespace playmirror::schema {

/// Tables of the file that lack a column which playmirror gave them, or have it in another form:
/// something else has altered them, or the text that SQLite keeps of them is damaged. A column that
/// is empty in all rows is in no digest, so those do not tell. Looks at no row.
[[nodiscard]] std::vector<FileProblem> check_shape(const sqlite::Database& database);

}  // namespace playmirror::schema
