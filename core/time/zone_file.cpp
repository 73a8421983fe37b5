#include "core/time/zone_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>

namespace playmirror {
namespace {

constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kTypeSize = 6;  ///< offset, summer or not, where the abbreviation begins

std::uint64_t number_at(std::string_view content, std::size_t place, std::size_t size = 4) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = number << 8 | static_cast<unsigned char>(content[place + i]);
  }
  return number;
}

enum class Use { skipped, read };

/// The size of a header and its data, whose times take so many bytes; nothing unless all fits as
/// far as the library uses it.
std::optional<std::size_t> block_size(std::string_view content, std::size_t time_size, Use use) {
  if (content.size() < kHeaderSize || !content.starts_with("TZif")) return std::nullopt;
  const std::size_t utc_flags = number_at(content, 20);
  const std::size_t standard_flags = number_at(content, 24);
  const std::size_t leap_seconds = number_at(content, 28);
  const std::size_t times = number_at(content, 32);
  const std::size_t types = number_at(content, 36);
  const std::size_t letters = number_at(content, 40);
  const std::size_t codes = kHeaderSize + times * time_size;
  const std::size_t first_type = codes + times;
  const std::size_t first_letter = first_type + types * kTypeSize;
  const std::size_t size =
      first_letter + letters + leap_seconds * (time_size + 4) + standard_flags + utc_flags;
  if (size > content.size()) return std::nullopt;
  if (use == Use::skipped) return size;
  if (types == 0 || letters == 0) return std::nullopt;
  if (content[first_letter + letters - 1] != '\0') return std::nullopt;
  const auto byte = [&](std::size_t place) { return static_cast<unsigned char>(content[place]); };
  // Moved up by half their range, signed numbers are in the order of unsigned ones.
  const std::uint64_t half = std::uint64_t{1} << (8 * time_size - 1);
  for (std::size_t i = 0; i < times; ++i) {
    if (byte(codes + i) >= types) return std::nullopt;
    if (i == 0) continue;
    const std::size_t place = kHeaderSize + i * time_size;
    if ((number_at(content, place - time_size, time_size) ^ half) >=
        (number_at(content, place, time_size) ^ half)) {
      return std::nullopt;
    }
  }
  for (std::size_t i = 0; i < types; ++i) {
    if (byte(first_type + i * kTypeSize + kTypeSize - 1) >= letters) return std::nullopt;
  }
  return size;
}

}  // namespace

bool is_zone_file(std::string_view content) {
  constexpr std::size_t kVersion = 4;  // where it stands
  if (content.size() <= kVersion) return false;
  if (content[kVersion] == '\0') return block_size(content, 4, Use::read).has_value();
  // Something for old readers; then the same with longer times, and a rule between line breaks.
  const auto first = block_size(content, 4, Use::skipped);
  if (!first) return false;
  const auto second = block_size(content.substr(*first), 8, Use::read);
  if (!second || content[*first + kVersion] != content[kVersion]) return false;
  const std::string_view rule = content.substr(*first + *second);
  return rule.size() >= 2 && rule.front() == '\n' && rule.back() == '\n';
}

std::string read_zone_file(const std::string& name) {
  for (const char* folder : {"/usr/share/zoneinfo/", "/var/db/timezone/zoneinfo/"}) {
    std::ifstream file(folder + name, std::ios::binary);
    if (file) return {std::istreambuf_iterator<char>(file), {}};
  }
  return {};
}

}  // namespace playmirror
