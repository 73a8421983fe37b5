#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

/// The first page of a SQLite file: its header and the list of its tables, without which nothing
/// else can be read.
namespace playmirror::salvage {

constexpr std::size_t kHeaderBytes = 100;

/// Whether the bytes begin like a SQLite file of any program.
[[nodiscard]] bool is_sqlite_header(std::string_view bytes) noexcept;

/// Gives a damaged mirror the first page of a new one. Both were made by the same statements in the
/// same order, so the outbox begins on the same page in both.
void give_first_page(const std::filesystem::path& damaged, const std::filesystem::path& fresh);

}  // namespace playmirror::salvage
