#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The key of a row as one text, from which its parts can be had again, whatever they hold.
namespace playmirror::ingest {

/// Joins the parts by char(31); inside a part, char(30) stands before a char(30) or char(31).
[[nodiscard]] std::string join_key(const std::vector<std::string>& parts);

[[nodiscard]] std::vector<std::string> split_key(std::string_view key);

}  // namespace playmirror::ingest
