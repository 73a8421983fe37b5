#pragma once

#include <cstdint>
#include <string_view>

/// The server's own hash functions, computed here: what `hashtextextended` and `hashint8extended`
/// of PostgreSQL 11 and newer give on a little-endian machine. They keep rows where they are in
/// tables that are partitioned by hash, so no version may change them. Who relies on them asks the
/// server for a known one first.
///
/// Bob Jenkins' lookup3 (public domain, https://burtleburtle.net/bob/c/lookup3.c), seeded as
/// PostgreSQL does it. Not for secrets: it finds accidents.
namespace playmirror::digest {

[[nodiscard]] std::uint64_t hash_text(std::string_view bytes, std::uint64_t seed) noexcept;
[[nodiscard]] std::uint64_t hash_integer(std::int64_t value, std::uint64_t seed) noexcept;

}  // namespace playmirror::digest
