#include "core/stats/exclusion_lists.hpp"

#include "core/mirror/state.hpp"
#include "core/outbox/new_row.hpp"
#include "core/sqlite/statement.hpp"

#include <playmirror/error.hpp>

#include <string>
#include <utility>

namespace playmirror {
namespace {

constexpr const char* kTrack = "track";
constexpr const char* kArtist = "artist";
constexpr const char* kContext = "context";

/// The lists behind rows of (name, kind, id) in order of name.
std::vector<ExclusionList> read(sqlite::Statement rows) {
  std::vector<ExclusionList> lists;
  while (rows.step()) {
    if (lists.empty() || lists.back().name != rows.text(0)) {
      lists.emplace_back().name = std::string(rows.text(0));
    }
    ExclusionList& list = lists.back();
    const std::string_view kind = rows.text(1);
    auto& ids = kind == kTrack ? list.track_ids : kind == kArtist ? list.artist_ids : list.contexts;
    ids.emplace_back(rows.text(2));
  }
  return lists;
}

void check(std::string_view what, std::string_view text) {
  if (text.empty()) {
    raise(ErrorCode::invalid_argument, std::string(what) + " is empty",
          {.hint = "Give the list a name, and everything on it its id."});
  }
  outbox::check_text(what, text);
}

}  // namespace

std::optional<ExclusionList> stats::find_exclusions(const sqlite::Database& database,
                                                    std::string_view name) {
  auto rows = database.prepare(
      "SELECT name, kind, id FROM playmirror_exclusions WHERE name = ? ORDER BY kind, id");
  rows.bind(0, name);
  auto lists = read(std::move(rows));
  if (lists.empty()) return std::nullopt;
  return std::move(lists.front());
}

Exclusions::Exclusions(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

std::optional<ExclusionList> Exclusions::find(std::string_view name) const {
  const auto reader = state_->reader();
  return stats::find_exclusions(reader.database(), name);
}

std::vector<ExclusionList> Exclusions::list() const {
  const auto reader = state_->reader();
  return read(
      reader->prepare("SELECT name, kind, id FROM playmirror_exclusions ORDER BY name, kind, id"));
}

void Exclusions::set(const ExclusionList& exclusions) const {
  check("the name of the list", exclusions.name);
  const std::pair<const char*, const std::vector<std::string>*> parts[] = {
      {kTrack, &exclusions.track_ids},
      {kArtist, &exclusions.artist_ids},
      {kContext, &exclusions.contexts},
  };
  bool empty = true;
  for (const auto& [kind, ids] : parts) {
    empty = empty && ids->empty();
    for (const std::string& id : *ids)
      check((kind == kArtist ? "an " : "a ") + std::string(kind) + " of the list", id);
  }
  if (empty) {
    raise(ErrorCode::invalid_argument, "the list \"" + exclusions.name + "\" leaves nothing out",
          {.hint = "Name a track, an artist or a context; remove() drops a list."});
  }
  state_->write([&](sqlite::Database& database) {
    database.prepare("DELETE FROM playmirror_exclusions WHERE name = ?")
        .bind_all(exclusions.name)
        .run();
    auto insert = database.prepare(
        "INSERT INTO playmirror_exclusions (name, kind, id) VALUES (?, ?, ?) "
        "ON CONFLICT DO NOTHING");
    for (const auto& [kind, ids] : parts) {
      for (const std::string& id : *ids) insert.bind_all(exclusions.name, kind, id).run();
    }
  });
}

void Exclusions::remove(std::string_view name) const {
  state_->write([&](sqlite::Database& database) {
    database.prepare("DELETE FROM playmirror_exclusions WHERE name = ?").bind_all(name).run();
    if (database.changes() == 0) {
      raise(ErrorCode::invalid_argument,
            "the mirror keeps no list of exclusions named \"" + std::string(name) + "\"",
            {.hint = "Exclusions.list() tells the names."});
    }
  });
}

}  // namespace playmirror
