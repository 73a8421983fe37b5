#pragma once

#include "core/columns/code_index.hpp"
#include "core/columns/play_batch.hpp"
#include "core/columns/text_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
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
    return find(id, CodeIndex::hash(id));
  }

  // For those who fill it.

  /// The code of an id, a new one if it has none yet.
  std::uint32_t code_for(std::string_view id) { return code_for(id, CodeIndex::hash(id)); }

  /// The codes of as many ids as there is room for in `codes`, the same as one by one, but the
  /// memory of all of them is asked for before any is waited for. One without data stands for NULL.
  void codes_for(std::span<const std::string_view> ids, std::span<std::uint32_t> codes) {
    index();
    // Until it has its code, each has its hash in that place.
    for (std::size_t i = 0; i < ids.size(); ++i) {
      codes[i] = CodeIndex::hash(ids[i]);
      codes_.prefetch(codes[i]);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      __builtin_prefetch(&entries_[codes_.guess(codes[i])].id);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      __builtin_prefetch(entries_[codes_.guess(codes[i])].id.data());
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      codes[i] = ids[i].data() == nullptr ? kNone : code_for(ids[i], codes[i]);
    }
  }

  /// The next code's entry, whose id must not have one yet. Not after a find().
  Entry& add(std::string_view id) {
    Entry& entry = entries_.emplace_back();
    entry.id = ids_.keep(id);
    return entry;
  }

  [[nodiscard]] Entry& entry(std::uint32_t code) noexcept { return entries_[code]; }

  /// Keeps a copy of the text, or of the codes, for as long as the dictionary lives.
  [[nodiscard]] std::string_view keep(std::string_view text) { return rest_.keep(text); }
  [[nodiscard]] std::span<const std::uint32_t> keep(std::span<const std::uint32_t> codes) {
    return rest_.keep(codes);
  }

 private:
  void index() const {
    std::call_once(indexed_, [this] {
      codes_.reserve(entries_.size());
      for (std::uint32_t code = 1; code < entries_.size(); ++code) {
        codes_.add(CodeIndex::hash(entries_[code].id), code);
      }
    });
  }

  [[nodiscard]] std::uint32_t find(std::string_view id, std::uint32_t hash) const {
    index();
    return codes_.find(hash, [&](std::uint32_t code) { return entries_[code].id == id; });
  }

  std::uint32_t code_for(std::string_view id, std::uint32_t hash) {
    if (const std::uint32_t known = find(id, hash); known != kNone) return known;
    const auto code = static_cast<std::uint32_t>(entries_.size());
    add(id);
    codes_.add(hash, code);
    return code;
  }

  std::vector<Entry> entries_ = std::vector<Entry>(1);
  // Apart from each other: who looks ids up reads no other text, and has more of them at hand.
  TextPool ids_;
  TextPool rest_;
  mutable std::once_flag indexed_;
  mutable CodeIndex codes_;
};

using TrackDictionary = Dictionary<TrackEntry>;
using ArtistDictionary = Dictionary<ArtistEntry>;
using TextDictionary = Dictionary<TextEntry>;

}  // namespace playmirror::columns
