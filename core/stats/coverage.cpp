#include "core/stats/coverage.hpp"

#include "core/ingest/scope.hpp"

#include <playmirror/error.hpp>

#include <algorithm>

namespace playmirror::stats {

std::optional<Timestamp> cut_in(MirrorState& mirror, const Span& span) {
  const auto since = ingest::read_scope(mirror.reader().database()).plays_since;
  if (!since) return std::nullopt;
  const Timestamp cut = Timestamp::parse_postgres(*since);
  if (span.start && *span.start >= cut) return std::nullopt;
  return cut;
}

bool lacks_raw_data(const sqlite::Database& database) {
  const auto left_out = ingest::read_scope(database).left_out;
  return std::ranges::find(left_out, "raw_data") != left_out.end();
}

void check_raw_data(const StatsFilter& filter, const columns::PlayColumns& plays) {
  const bool isrc = filter.track_identity == TrackIdentity::isrc;
  if (!isrc && filter.artist_credit != ArtistCredit::primary) return;
  if (!lacks_raw_data(plays.database())) return;
  raise(ErrorCode::invalid_argument,
        isrc
            ? "track_identity is isrc, but the mirror leaves out raw_data, where ISRCs are"
            : "artist_credit is primary, but the mirror leaves out raw_data, which names the first "
              "artist",
        {.hint = "Pull with raw_data first, or count in another way."});
}

}  // namespace playmirror::stats
