#pragma once

#include "core/sqlite/database.hpp"

#include <playmirror/pending.hpp>

#include <string>

namespace playmirror::outbox {

/// What it takes for a pending row to reach the server, as a sentence for a person.
[[nodiscard]] std::string needs(const sqlite::Database& database, const PendingEntry& entry);

}  // namespace playmirror::outbox
