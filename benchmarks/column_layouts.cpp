/// Compares ways to keep plays as columns: prints the tables of docs/columns.md.
///
///     column_layouts PLAYS DIRECTORY
///
/// Four layouts of the same made-up plays: packed as the mirror does it or as plain arrays of 18
/// bytes per play, each as blobs in a SQLite file or in a file of their own that is mapped into
/// memory. And four ways to answer "the counts per track of a period" over 65,536 plays per block.

#include "core/columns/block_store.hpp"
#include "core/columns/column_codec.hpp"
#include "core/columns/running_totals.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <span>
#include <sqlite3.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace playmirror::columns;

constexpr std::uint32_t kTracks = 50'000;
constexpr int kColumns = 3;  ///< those that a ranking by time reads: time, track, listened_ms

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median_of(int runs, const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) seconds.push_back(seconds_of(work));
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

/// Evenings of plays with nights between them, few tracks with most of the plays, gaps in the data.
std::vector<PlayArrays> make_blocks(std::size_t plays) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<PlayArrays> blocks;
  std::int64_t time = 1'420'000'000'000'000;
  for (std::size_t i = 0; i < plays; ++i) {
    if (i % kBlockPlays == 0) blocks.emplace_back();
    time += static_cast<std::int64_t>(random() % 25 == 0 ? random() % 60'000 : random() % 400) *
            1'000'000;
    PlayRow play;
    play.key = {time, static_cast<std::int64_t>(i + 1)};
    // Weights that fall with the power 1.5 of (rank + 800).
    const double rank = 800 * (1 / std::pow(1 - share(random) * 0.87, 2) - 1);
    play.track = 1 + static_cast<std::uint32_t>(rank) * 7919 % kTracks;
    if (random() % 3 > 0) play.listened_ms = static_cast<std::int64_t>(random() % 300'000);
    play.skipped = static_cast<std::int8_t>(static_cast<int>(random() % 3) - 1);
    play.source = 1 + static_cast<std::uint32_t>(random() % 2);
    play.context = static_cast<std::uint32_t>(random() % 300);
    blocks.back().add(play);
  }
  return blocks;
}

template <typename T>
std::string raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// The columns of a block; the first three are those that are read back.
using Parts = std::vector<std::string>;

Parts packed(const PlayArrays& plays) {
  return {encode_times(plays.played_at),
          encode_codes(plays.track),
          encode_listened(plays.listened_ms, plays.wide_listened_ms),
          encode_ids(plays.id),
          encode_skipped(plays.skipped),
          encode_codes(plays.source),
          encode_codes(plays.context)};
}

/// 8 + 4 + 4 + 2 bytes: without ids, and with all flags and codes in the last two.
Parts plain(const PlayArrays& plays) {
  return {raw(plays.played_at), raw(plays.track), raw(plays.listened_ms),
          std::string(plays.size() * 2, '\0')};
}

std::uint64_t use(std::string_view bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    sum += word;
  }
  return sum;
}

template <typename T>
std::uint64_t sum(const std::vector<T>& values) {
  std::uint64_t total = 0;
  for (const T value : values) total += static_cast<std::uint64_t>(value);
  return total;
}

std::uint64_t read_part(bool is_packed, int column, std::string_view bytes, std::size_t size) {
  if (!is_packed) return use(bytes);
  if (column == 0) return sum(decode_times(bytes, size));
  if (column == 1) return sum(decode_codes(bytes, size, kTracks + 1));
  return sum(decode_listened(bytes, size).values);
}

void check(int result) {
  if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE) {
    throw std::runtime_error(sqlite3_errstr(result));
  }
}

/// Blobs in a table of a SQLite file, as the mirror sets it up.
class Blobs {
 public:
  explicit Blobs(const std::string& file) {
    check(sqlite3_open(file.c_str(), &database_));
    for (const char* sql :
         {"PRAGMA page_size=16384", "PRAGMA journal_mode=WAL",
          "CREATE TABLE IF NOT EXISTS data (part INTEGER PRIMARY KEY, data BLOB)"}) {
      check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr));
    }
  }
  Blobs(const Blobs&) = delete;
  Blobs& operator=(const Blobs&) = delete;
  ~Blobs() { sqlite3_close(database_); }

  void write(const std::vector<PlayArrays>& blocks,
             const std::function<Parts(const PlayArrays&)>& form) {
    check(sqlite3_exec(database_, "BEGIN", nullptr, nullptr, nullptr));
    sqlite3_stmt* insert = nullptr;
    check(sqlite3_prepare_v2(database_, "INSERT INTO data VALUES (?, ?)", -1, &insert, nullptr));
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      const Parts parts = form(blocks[block]);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        sqlite3_bind_int64(insert, 1, static_cast<std::int64_t>(block * 8 + i));
        sqlite3_bind_blob64(insert, 2, parts[i].data(), parts[i].size(), SQLITE_STATIC);
        check(sqlite3_step(insert));
        sqlite3_reset(insert);
      }
    }
    sqlite3_finalize(insert);
    check(sqlite3_exec(database_, "COMMIT", nullptr, nullptr, nullptr));
    check(sqlite3_exec(database_, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr));
  }

  std::uint64_t read(const std::vector<PlayArrays>& blocks, bool is_packed) {
    std::uint64_t total = 0;
    sqlite3_stmt* select = nullptr;
    check(sqlite3_prepare_v2(database_, "SELECT data FROM data WHERE part = ?", -1, &select,
                             nullptr));
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      for (int column = 0; column < kColumns; ++column) {
        sqlite3_bind_int64(select, 1, static_cast<std::int64_t>(block * 8) + column);
        check(sqlite3_step(select));
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(select, 0));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(select, 0));
        total += read_part(is_packed, column, {bytes, size}, blocks[block].size());
        sqlite3_reset(select);
      }
    }
    sqlite3_finalize(select);
    return total;
  }

 private:
  sqlite3* database_ = nullptr;
};

/// One column after another in a file of their own, synced and then mapped.
class Mapped {
 public:
  explicit Mapped(std::string file) : file_(std::move(file)) {}

  void write(const std::vector<PlayArrays>& blocks,
             const std::function<Parts(const PlayArrays&)>& form) {
    std::ofstream out(file_, std::ios::binary | std::ios::trunc);
    std::size_t offset = 0;
    for (const PlayArrays& block : blocks) {
      const Parts parts = form(block);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i < kColumns) places_.emplace_back(offset, parts[i].size());
        out << parts[i];
        offset += parts[i].size();
      }
    }
    out.close();
    const int handle = ::open(file_.c_str(), O_RDONLY);
    ::fsync(handle);
    ::close(handle);
    size_ = offset;
  }

  [[nodiscard]] std::uint64_t read(const std::vector<PlayArrays>& blocks, bool is_packed) const {
    const int handle = ::open(file_.c_str(), O_RDONLY);
    void* const memory = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, handle, 0);
    ::close(handle);
    if (memory == MAP_FAILED) throw std::runtime_error("could not map the file");
    const std::string_view all(static_cast<const char*>(memory), size_);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto [offset, size] = places_[i];
      total += read_part(is_packed, static_cast<int>(i % kColumns), all.substr(offset, size),
                         blocks[i / kColumns].size());
    }
    ::munmap(memory, size_);
    return total;
  }

 private:
  std::string file_;
  std::size_t size_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
};

void compare_layouts(const std::vector<PlayArrays>& blocks, std::size_t plays,
                     const std::filesystem::path& directory) {
  std::puts("| layout | bytes per play | written and synced | three columns read |");
  std::puts("| --- | --- | --- | --- |");
  std::uint64_t expected[2] = {0, 0};
  for (const bool is_packed : {true, false}) {
    for (const bool is_mapped : {false, true}) {
      const std::string file = (directory / (is_mapped ? "columns" : "columns.db")).string();
      for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix);
      const auto form = is_packed ? packed : plain;
      double written = 0;
      double read = 0;
      std::uint64_t total = 0;
      const auto measure = [&](auto& layout) {
        written = seconds_of([&] { layout.write(blocks, form); });
        read = median_of(3, [&] { total = layout.read(blocks, is_packed); });
      };
      if (is_mapped) {
        Mapped mapped(file);
        measure(mapped);
      } else {
        Blobs blobs(file);
        measure(blobs);
      }
      if (is_mapped && total != expected[is_packed ? 1 : 0]) {
        throw std::runtime_error("the layouts do not hold the same");
      }
      expected[is_packed ? 1 : 0] = total;
      std::printf(
          "| %s, %s | %.1f | %.2f s | %.0f ms |\n", is_packed ? "packed" : "plain arrays",
          is_mapped ? "mapped file" : "blobs in the mirror",
          static_cast<double>(std::filesystem::file_size(file)) / static_cast<double>(plays),
          written, read * 1e3);
      std::filesystem::remove(file);
    }
  }
}

using Totals = RunningTotals<std::uint32_t>;
using Counts = Totals::Sums;

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

void count(std::span<const std::uint32_t> tracks, Counts& counts) {
  for (const std::uint32_t track : tracks) ++counts[track];
}

void compare_counts(const std::vector<PlayArrays>& blocks, std::size_t plays) {
  std::vector<std::string> bytes;
  for (const PlayArrays& block : blocks) bytes.push_back(encode_codes(block.track));
  std::vector<BlockInfo> infos;
  for (const PlayArrays& block : blocks) {
    infos.push_back({.block = std::ssize(infos), .plays = block.size()});
  }

  std::mt19937_64 random(9);
  Counts counts(kTracks + 1);
  const auto period = [&] {
    const std::size_t first = random() % plays;
    const std::size_t second = random() % plays;
    return std::minmax({first, second});
  };
  const auto scan = [&](std::size_t begin, std::size_t end) {
    std::ranges::fill(counts, 0);
    for (std::size_t block = begin / kBlockPlays; block * kBlockPlays < end; ++block) {
      const std::size_t start = block * kBlockPlays;
      const std::size_t from = std::max(begin, start) - start;
      const std::size_t to = std::min(end - start, blocks[block].size());
      count(std::span(blocks[block].track).subspan(from, to - from), counts);
    }
  };
  const double scanned = median_of(25, [&] {
    const auto [begin, end] = period();
    scan(begin, end);
  });
  const auto decode = [&](std::size_t block, std::size_t begin, std::size_t end, Counts& into) {
    const auto tracks = decode_codes(bytes[block], blocks[block].size(), kTracks + 1);
    count(std::span(tracks).subspan(begin, end - begin), into);
  };
  const double built =
      median_of(3, [&] { const Totals totals(infos, kTracks + 1, kMostBytes, nullptr, decode); });
  const Totals totals(infos, kTracks + 1, kMostBytes, nullptr, decode);
  const auto before = [&](std::size_t place, bool plus) {
    const std::size_t nearest = totals.nearest(place / kBlockPlays, place % kBlockPlays);
    const Counts& kept = totals.before(nearest);
    for (std::size_t i = 0; i < kept.size(); ++i) counts[i] += plus ? kept[i] : 0 - kept[i];
    const auto border = totals.border(nearest);
    const std::size_t from = std::min(border.block * kBlockPlays + border.row, plays);
    for (std::size_t i = std::min(from, place); i < std::max(from, place); ++i) {
      const std::uint32_t track = blocks[i / kBlockPlays].track[i % kBlockPlays];
      plus == (from < place) ? ++counts[track] : --counts[track];
    }
  };
  const double subtracted = median_of(201, [&] {
    const auto [begin, end] = period();
    std::ranges::fill(counts, 0);
    before(end, true);
    before(begin, false);
  });
  // The counts of each block alone, as they would be stored; a reader adds them up.
  std::size_t stored = 0;
  std::vector<std::string> sums;
  for (const PlayArrays& block : blocks) {
    Counts of_block(kTracks + 1);
    count(block.track, of_block);
    sums.push_back(encode_totals(of_block));
    stored += sums.back().size();
  }
  const double added = median_of(3, [&] {
    std::ranges::fill(counts, 0);
    for (const std::string& sum_of_block : sums) {
      const Counts of_block = decode_totals(sum_of_block);
      for (std::size_t i = 0; i < of_block.size(); ++i) counts[i] += of_block[i];
    }
  });
  scan(0, plays);
  const std::string last = encode_totals(counts);
  const double loaded = median_of(25, [&] { counts = decode_totals(last); });

  std::puts("\n| counts per track | bytes per play in the file | made once | each period |");
  std::puts("| --- | --- | --- | --- |");
  const auto all = static_cast<double>(plays);
  std::printf("| counted play by play | 0 | - | %.2f ms |\n", scanned * 1e3);
  std::printf("| running totals, made in memory | 0 | %.1f ms | %.3f ms |\n", built * 1e3,
              subtracted * 1e3);
  std::printf("| running totals, from stored counts per block | %.2f | %.1f ms | %.3f ms |\n",
              static_cast<double>(stored) / all, added * 1e3, subtracted * 1e3);
  std::printf("| all time, from the last totals alone | %.2f | %.3f ms | - |\n",
              static_cast<double>(last.size()) / all, loaded * 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: column_layouts PLAYS DIRECTORY\n", stderr);
    return 2;
  }
  try {
    const auto plays = static_cast<std::size_t>(std::stoull(argv[1]));
    const std::vector<PlayArrays> blocks = make_blocks(plays);
    compare_layouts(blocks, plays, argv[2]);
    compare_counts(blocks, plays);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "column_layouts: %s\n", error.what());
    return 1;
  }
}
