#include "core/stats/coverage.hpp"

#include "core/ingest/scope.hpp"

namespace playmirror::stats {

std::optional<Timestamp> cut_in(MirrorState& mirror, const Span& span) {
  const auto since = ingest::read_scope(mirror.reader().database()).plays_since;
  if (!since) return std::nullopt;
  const Timestamp cut = Timestamp::parse_postgres(*since);
  if (span.start && *span.start >= cut) return std::nullopt;
  return cut;
}

}  // namespace playmirror::stats
