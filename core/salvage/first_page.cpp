#include "core/salvage/first_page.hpp"

#include "core/files/private_file.hpp"
#include "core/files/replace_file.hpp"

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

void give_first_page(const std::filesystem::path& damaged, const std::filesystem::path& fresh) {
  const std::string header = files::read_start(fresh, kHeaderBytes);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header[i]); };
  const std::size_t page_size = std::size_t{byte(kPageSize)} << 8 | byte(kPageSize + 1);
  std::string page = files::read_start(fresh, page_size);
  const auto pages =
      static_cast<std::uint32_t>(files::size(damaged) / static_cast<std::int64_t>(page_size));
  put(page, kPageCount, pages);
  put(page, kFreePages, 0);
  put(page, kFreePages + 4, 0);
  put(page, kChangeCounter, 1);
  put(page, kVersionValidFor, 1);
  files::overwrite_start(damaged, page);
}

}  // namespace playmirror::salvage
