#pragma once

#include "core/columns/play_batch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

/// What the codes in the columns of plays stand for.
namespace playmirror::columns {

/// One track of the mirror, or a track id that a play or a credit names.
struct TrackEntry {
  std::string_view id = {};
  bool exists = false;  ///< `tracks` has the row; without it the next three are empty
  std::optional<std::string_view> name = {};
  std::optional<std::string_view> artist = {};  ///< the display string
  std::optional<std::int64_t> duration_ms = {};
  std::span<const std::uint32_t> artists =
      {};  ///< codes of those credited in track_artists, rising
};

/// One artist of the mirror, or an artist id that a credit names.
struct ArtistEntry {
  std::string_view id = {};
  bool exists = false;  ///< `artists` has the row; without it the next two are empty
  std::optional<std::string_view> name = {};
  std::optional<std::string_view> genres = {};  ///< the JSON, as the server has it
};

/// A source or a context.
struct TextEntry {
  std::string_view id = {};  ///< the text itself
};

/// Entries by code. Codes begin at 1 and have no gaps; the entry of kNone, which stands for NULL,
/// is empty. Codes and texts mean something only beside the PlayColumns that gave them. Safe to
/// share between threads once it is filled.
template <typename Entry>
class Dictionary {
 public:
  /// One more than the largest code: the size of an array by code.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  [[nodiscard]] const Entry& operator[](std::uint32_t code) const noexcept {
    return entries_[code];
  }

  /// The code of an id; kNone when it is unknown. The first call builds an index.
  [[nodiscard]] std::uint32_t find(std::string_view id) const {
    std::call_once(indexed_, [this] {
      codes_.reserve(entries_.size());
      for (std::uint32_t code = 1; code < entries_.size(); ++code) {
        codes_.emplace(entries_[code].id, code);
      }
    });
    const auto found = codes_.find(id);
    return found == codes_.end() ? kNone : found->second;
  }

  // For those who fill it.

  /// The code of an id, a new one if it has none yet.
  std::uint32_t code_for(std::string_view id) {
    if (const std::uint32_t known = find(id); known != kNone) return known;
    const auto code = static_cast<std::uint32_t>(entries_.size());
    Entry& entry = entries_.emplace_back();
    entry.id = keep(id);
    codes_.emplace(entry.id, code);
    return code;
  }

  /// The next code's entry, whose id must not have one yet. Not after a find().
  Entry& add(std::string_view id) {
    Entry& entry = entries_.emplace_back();
    entry.id = keep(id);
    return entry;
  }

  [[nodiscard]] Entry& entry(std::uint32_t code) noexcept { return entries_[code]; }

  /// Keeps a copy of the text, or of the codes, for as long as the dictionary lives.
  [[nodiscard]] std::string_view keep(std::string_view text) {
    if (text.empty()) return "";
    char* const copy = room(text.size(), 1);
    text.copy(copy, text.size());
    return {copy, text.size()};
  }
  [[nodiscard]] std::span<const std::uint32_t> keep(std::span<const std::uint32_t> codes) {
    if (codes.empty()) return {};
    auto* const copy =
        reinterpret_cast<std::uint32_t*>(room(codes.size_bytes(), alignof(std::uint32_t)));
    std::copy(codes.begin(), codes.end(), copy);
    return {copy, codes.size()};
  }

 private:
  char* room(std::size_t bytes, std::size_t alignment) {
    constexpr std::size_t kChunk = 1 << 18;
    used_ = (used_ + alignment - 1) / alignment * alignment;
    if (chunks_.empty() || used_ + bytes > chunks_.back().size()) {
      chunks_.emplace_back(std::max(bytes, kChunk));
      used_ = 0;
    }
    char* const begin = chunks_.back().data() + used_;
    used_ += bytes;
    return begin;
  }

  std::vector<Entry> entries_ = std::vector<Entry>(1);
  std::deque<std::vector<char>> chunks_;
  std::size_t used_ = 0;  ///< of the last chunk
  mutable std::once_flag indexed_;
  mutable std::unordered_map<std::string_view, std::uint32_t> codes_;
};

using TrackDictionary = Dictionary<TrackEntry>;
using ArtistDictionary = Dictionary<ArtistEntry>;
using TextDictionary = Dictionary<TextEntry>;

}  // namespace playmirror::columns
