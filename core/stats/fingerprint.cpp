#include "core/stats/fingerprint.hpp"

#include "core/stats/local_time.hpp"
#include "core/text/sha256.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace playmirror::stats {
namespace {

struct Row {
  std::int64_t id;
  std::int64_t played_at;
  std::optional<std::int64_t> listened_ms;
  std::uint32_t track;
  std::uint32_t source;
  std::int8_t skipped;
};

std::optional<std::string> time_text(std::int64_t played_at) {
  if (played_at == columns::kNoTime) return std::nullopt;
  if (played_at == columns::kInfinity) return "infinity";
  if (played_at == columns::kNegativeInfinity) return "-infinity";
  return to_timestamp(played_at).to_postgres_string();
}

}  // namespace

Fingerprint fingerprint(const Selection& selection) {
  std::vector<Row> plays;
  selection.scan(Column::all, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) {
      plays.push_back({batch.id[row], batch.played_at[row], batch.listened(row), batch.track[row],
                       batch.source[row], batch.skipped[row]});
    });
  });
  std::ranges::sort(plays, {}, &Row::id);

  text::Sha256 hash;
  std::string line;
  const auto add = [&](const std::optional<std::string_view>& field) {
    if (field) line += std::to_string(field->size()) + ':';
    line += field ? *field : "-";
  };
  const auto& tracks = selection.plays().tracks();
  const auto& sources = selection.plays().sources();
  for (const Row& play : plays) {
    line.clear();
    add(std::to_string(play.id));
    add(play.track == columns::kNone ? std::nullopt : std::optional(tracks[play.track].id));
    add(time_text(play.played_at));
    std::optional<std::string> listened;
    if (play.listened_ms) listened = std::to_string(*play.listened_ms);
    add(listened);
    add(play.skipped == columns::kSkipUnknown
            ? std::nullopt
            : std::optional<std::string_view>(play.skipped == columns::kSkipped ? "t" : "f"));
    add(play.source == columns::kNone ? std::nullopt : std::optional(sources[play.source].id));
    hash.add(line);
  }
  Fingerprint result;
  result.plays = std::ssize(plays);
  if (!plays.empty()) result.max_id = plays.back().id;
  result.sha256 = hash.finish();
  return result;
}

}  // namespace playmirror::stats
