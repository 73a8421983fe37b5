#pragma once

#include "core/digest/book_checks.hpp"
#include "core/sqlite/database.hpp"

#include <string>
#include <vector>

namespace playmirror::salvage {

/// Puts damaged bookkeeping right without a server: what cannot be trusted any more is forgotten,
/// so that the next pull reads every row and the next push looks everywhere. Inside the caller's
/// transaction, of which it must be the beginning. What cannot be found out again is added to
/// `warnings`, in sentences. Which server is followed is for the caller to say.
///
/// True when rows are to be read again.
[[nodiscard]] bool mend_books(sqlite::Database& database,
                              const std::vector<digest::BookPart>& damaged,
                              std::vector<std::string>& warnings);

}  // namespace playmirror::salvage
