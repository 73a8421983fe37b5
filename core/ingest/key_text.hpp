#pragma once

#include "core/schema/layout.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The key of a row as one text, from which its parts can be had again, whatever they hold.
namespace playmirror::ingest {

/// Joins the parts by char(31); inside a part, char(30) stands before a char(30) or char(31).
[[nodiscard]] std::string join_key(const std::vector<std::string>& parts);

[[nodiscard]] std::vector<std::string> split_key(std::string_view key);

/// A part as the server sent it in binary form, as text; empty for an integer of unknown size.
[[nodiscard]] std::string key_text(schema::ValueKind kind, std::string_view bytes);

}  // namespace playmirror::ingest
