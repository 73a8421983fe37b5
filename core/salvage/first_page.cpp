#include "core/salvage/first_page.hpp"

#include "core/files/private_file.hpp"
#include "core/files/replace_file.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace playmirror::salvage {
namespace {

// Offsets in the header: https://sqlite.org/fileformat2.html#the_database_header
constexpr std::size_t kPageSize = 16;
constexpr std::size_t kChangeCounter = 24;
constexpr std::size_t kPageCount = 28;
constexpr std::size_t kFreePages = 32;  ///< first one and number, four bytes each
constexpr std::size_t kVersionValidFor = 92;

std::uint32_t number_at(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  }
  return value;
}

std::int64_t page_size(std::string_view header) {
  constexpr std::int64_t kLargest = 65536;  // does not fit, and stands there as 1
  const std::int64_t size = number_at(header, kPageSize, 2);
  return size == 1 ? kLargest : size;
}

void put(std::string& page, std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    page[offset + i] = static_cast<char>((value >> (24 - 8 * i)) & 0xff);
  }
}

}  // namespace

bool is_sqlite_header(std::string_view bytes) noexcept {
  return bytes.size() >= kHeaderBytes &&
         bytes.starts_with(std::string_view("SQLite format 3\0", kPageSize));
}

bool fill_up(const std::filesystem::path& damaged) {
  const std::string header = files::read_start(damaged, kHeaderBytes);
  if (!is_sqlite_header(header)) return false;
  const std::int64_t whole = page_size(header) * number_at(header, kPageCount, 4);
  if (files::size(damaged) >= whole) return false;
  files::lengthen(damaged, whole);
  return true;
}

void give_first_page(const std::filesystem::path& damaged, const std::filesystem::path& fresh) {
  const std::int64_t size = page_size(files::read_start(fresh, kHeaderBytes));
  std::string page = files::read_start(fresh, static_cast<std::size_t>(size));
  // A table whose first page lies beyond the end keeps SQLite from reading any of them.
  const std::int64_t length = std::max(files::size(damaged), files::size(fresh));
  const std::int64_t pages = (length + size - 1) / size;
  put(page, kPageCount, static_cast<std::uint32_t>(pages));
  put(page, kFreePages, 0);
  put(page, kFreePages + 4, 0);
  put(page, kChangeCounter, 1);
  put(page, kVersionValidFor, 1);
  files::overwrite_start(damaged, page);
  files::lengthen(damaged, pages * size);
}

}  // namespace playmirror::salvage
