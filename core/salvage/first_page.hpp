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

/// Makes a file that was cut short as long as its header says. What is lost reads as pages that
/// hold nothing, without which SQLite would not look at the others. False for one that lacks
/// nothing, or has no header.
bool fill_up(const std::filesystem::path& damaged);

/// Gives a damaged mirror the first page of a new one. Both were made by the same statements in the
/// same order, so the outbox begins on the same page in both. It is at least as long as the new one
/// then.
void give_first_page(const std::filesystem::path& damaged, const std::filesystem::path& fresh);

}  // namespace playmirror::salvage
