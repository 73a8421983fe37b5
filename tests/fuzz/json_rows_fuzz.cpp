// Listening histories that others wrote, as JSON: rows or a problem with the file, the same ones
// however the bytes come in, and of each row a listen or the reason why it is none.

#include "core/import/formats.hpp"
#include "core/import/json_rows.hpp"
#include "core/import/read_problem.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace playmirror::import {
namespace {

class Pieces : public ByteSource {
 public:
  Pieces(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}

  std::size_t read(std::span<char> room) override {
    const std::size_t size = std::min({room.size(), piece_, bytes_.size()});
    std::ranges::copy(bytes_.substr(0, size), room.begin());
    bytes_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

std::string described(const Reading& reading, const JsonRow& row) {
  const ToldOrReason found = reading.tell(row);
  if (const auto* reason = std::get_if<Reason>(&found)) return std::string(name_of(*reason));
  const auto& told = std::get<Told>(found);
  const Song& song = told.song;
  std::string text =
      told.at.to_string() + song.spotify_id.value_or("-") + song.title + song.album.value_or("-");
  for (const std::string& artist : song.artists) text += '/' + artist;
  text += std::to_string(told.listened_ms.value_or(-1));
  return text + std::to_string(song.duration_ms.value_or(-1)) + (row.is_clean() ? "." : "?");
}

/// What is read, and the problem it ends with.
std::string read(const Reading& reading, std::string_view document, std::size_t piece) {
  Pieces bytes(document, piece);
  std::string rows;
  try {
    for_each_row(bytes, reading.place, reading.paths,
                 [&](const JsonRow& row) { rows += described(reading, row) + '\n'; });
  } catch (const ReadProblem& problem) {
    rows += problem.what();
  }
  return rows;
}

std::set<std::string> beginning(std::string_view document, std::size_t piece) {
  Pieces bytes(document, piece);
  return first_paths(bytes);
}

void check(std::string_view document, std::size_t piece) {
  const auto paths = beginning(document, document.size() + 1);
  if (paths != beginning(document, piece)) std::abort();
  const auto reading = recognize(paths);
  if (!reading) return;
  if (read(*reading, document, document.size() + 1) != read(*reading, document, piece)) {
    std::abort();
  }
}

}  // namespace
}  // namespace playmirror::import

/// The first byte says in which pieces the document comes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  playmirror::import::check({reinterpret_cast<const char*>(data) + 1, size - 1}, 1 + data[0] % 64U);
  return 0;
}
