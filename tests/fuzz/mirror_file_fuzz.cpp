// A mirror file that another hand has changed, value by value, with checksums that fit: whatever it
// says, every call answers or throws an Error, and nothing is read that is not there.

#include "core/columns/column_codec.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace playmirror {
namespace {

using Path = std::filesystem::path;

/// Takes the input apart; at its end all is zero.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }
  std::int64_t integer() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | byte();
    return static_cast<std::int64_t>(value);
  }
  std::string text() {
    const std::string_view taken = bytes_.substr(0, byte());
    bytes_.remove_prefix(taken.size());
    return std::string(taken);
  }

 private:
  std::string_view bytes_;
};

/// A table of the file, its key, and what can be changed.
struct Place {
  const char* table;
  std::vector<const char*> columns;  ///< the first one is the key
};

const std::vector<Place>& places() {
  static const std::vector<Place> kPlaces{
      {"playmirror_blocks",
       {"block", "late", "plays", "first_at", "first_id", "last_at", "last_id", "least_id",
        "greatest_id"}},
      {"playmirror_block_data", {"part", "data"}},
      {"playmirror_removed", {"block", "row", "played_at", "track"}},
      {"playmirror_unsealed", {"id"}},
      {"playmirror_track_codes",
       {"code", "id", "known", "name", "artist", "duration_ms", "artists"}},
      {"playmirror_artist_codes", {"code", "id", "known", "name", "genres"}},
      {"playmirror_source_codes", {"code", "id"}},
      {"playmirror_meta", {"key", "value"}},
      {"playmirror_tables", {"name", "state", "horizon", "copied_to", "relation", "odd_times"}},
      {"playmirror_columns", {"table_name", "position", "name", "server_type", "number"}},
      {"playmirror_digests", {"table_name", "block", "rows", "sum"}},
      {"playmirror_outbox",
       {"entry", "table_name", "identity", "row_id", "recorded_at", "image", "checksum", "state",
        "offered_id"}},
      {"playmirror_pushes", {"push", "xid", "backend_pid", "database"}},
      {"playmirror_offered", {"push", "entry", "rows", "server_id"}},
      {"playmirror_delivered", {"table_name", "provisional_id", "server_id", "rows"}},
      {"playmirror_exclusions", {"name", "kind", "id"}},
      {"play_history", {"id", "track_id", "played_at", "listened_ms", "skipped", "source"}},
      {"tracks", {"id", "name", "artist", "duration_ms", "raw_data"}},
      {"artists", {"id", "name", "genres"}},
  };
  return kPlaces;
}

Value value_from(Input& input) {
  switch (input.byte() % 6) {
    case 0:
      return std::monostate{};
    case 1:
      return input.integer();
    case 2:
      return std::int64_t{static_cast<std::int8_t>(input.byte())};
    case 3:
      return input.text();
    case 4:
      return Blob{input.text()};
    default:
      return Blob{columns::sealed(input.text())};
  }
}

/// Changes a value of a row, or removes the row.
void edit(sqlite::Database& file, Input& input) {
  const Place& place = places()[input.byte() % places().size()];
  const std::string table = place.table;
  const std::string key = place.columns.front();
  const std::string row = " WHERE " + key + " = (SELECT " + key + " FROM " + table + " ORDER BY " +
                          key + " LIMIT 1 OFFSET " + std::to_string(input.byte()) + ")";
  const std::size_t column = input.byte() % (place.columns.size() + 1);
  if (column == place.columns.size()) {
    file.execute("DELETE FROM " + table + row);
    return;
  }
  auto update = file.prepare("UPDATE " + table + " SET " + place.columns[column] + " = ?" + row);
  update.bind(0, value_from(input)).run();
}

/// Of whatever track is the first.
bool record_play(const Mirror& mirror, const char* time) {
  const auto track = mirror.tracks().list().next();
  if (!track) return false;
  mirror.plays().add({.track_id = track->id, .played_at = Timestamp::parse(time)});
  return true;
}

class Files {
 public:
  Files() {
    std::error_code error;
    const Path memory = "/dev/shm";
    directory_ = std::filesystem::is_directory(memory, error)
                     ? memory
                     : std::filesystem::temp_directory_path();
    directory_ /= "playmirror-file-fuzz-" + std::to_string(::getpid());
    std::filesystem::create_directories(directory_);
    const Path file = directory_ / "made.db";
    {
      const Mirror mirror = Mirror::make_sample(file, {.plays = 200});
      record_play(mirror, "2026-01-31T06:00:00Z");
    }
    auto database = sqlite::Database::open(file, sqlite::OpenMode::read_write);
    database.execute(
        "INSERT INTO playmirror_removed SELECT block, 3, first_at, 1 FROM "
        "playmirror_blocks LIMIT 1");
    database.checkpoint(true);
    std::ifstream made(file, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(made), {});
  }
  ~Files() {
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  [[nodiscard]] Path fresh() const {
    const Path file = directory_ / "music.db";
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path().filename() != "made.db") std::filesystem::remove(entry.path());
    }
    std::ofstream(file, std::ios::binary)
        .write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    return file;
  }

 private:
  Path directory_;
  std::string bytes_;
};

template <typename Call>
void answers_or_throws(const Call& call) {
  try {
    static_cast<void>(call());
  } catch (const Error&) {
  }
}

void use(const Path& file) {
  const Mirror mirror = Mirror::open(file);
  const auto stats = mirror.stats();
  const StatsFilter january{.period = Period::month(2026, 1)};
  answers_or_throws([&] { return stats.totals(); });
  answers_or_throws([&] { return stats.totals(january); });
  answers_or_throws([&] { return stats.top_tracks(january); });
  answers_or_throws([&] { return stats.top_artists(); });
  answers_or_throws([&] { return stats.activity(); });
  answers_or_throws([&] { return mirror.plays().recent(10); });
  answers_or_throws([&] { return mirror.plays().table(); });
  answers_or_throws([&] { return mirror.pending(); });
  answers_or_throws([&] { return mirror.status(); });
  answers_or_throws([&] { return mirror.verify(); });
  answers_or_throws([&] { return record_play(mirror, "2026-01-31T07:00:00Z"); });
  answers_or_throws([&] { return stats.totals(); });
}

}  // namespace
}  // namespace playmirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace playmirror;
  static const Files files;
  const Path file = files.fresh();
  {
    auto database = sqlite::Database::open(file, sqlite::OpenMode::read_write);
    database.execute("PRAGMA ignore_check_constraints = ON");
    Input input({reinterpret_cast<const char*>(data), size});
    for (int edits = 0; edits < 16 && !input.empty(); ++edits) {
      answers_or_throws([&] { return edit(database, input), true; });
    }
  }
  answers_or_throws([&] { return use(file), true; });
  answers_or_throws([&] { return Mirror::salvage(file); });
  return 0;
}
