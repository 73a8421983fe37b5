#pragma once

#include <array>
#include <cstdint>

namespace playmirror::sqlite {

/// Where a file stands. Equal marks that one connection gave: nobody, in any process, has committed
/// in between.
///
/// For a file with a write-ahead log these are the words that SQLite itself compares at the
/// beginning of every read transaction, to know whether its pages of the file are still right: the
/// header of the log's index. It says how far the log is committed, with a checksum over all of
/// that, and holds two salts that change whenever the log starts anew. Else it is SQLite's count of
/// the commits of others.
///
/// Sources: https://www.sqlite.org/walformat.html, section 2.1; PRAGMA data_version.
struct CommitMark {
  std::array<std::uint32_t, 12> words = {};

  friend bool operator==(const CommitMark&, const CommitMark&) = default;
};

}  // namespace playmirror::sqlite
