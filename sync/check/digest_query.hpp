#pragma once

#include "core/digest/block_digests.hpp"
#include "sync/session/identity.hpp"
#include "sync/session/server_session.hpp"

#include <map>
#include <string>
#include <vector>

namespace playmirror::sync {

/// One block of a table on the server.
struct ServerBlock {
  digest::BlockDigest content = {};
  bool newer = false;  ///< a row of it was written at or after the mirror's horizon
};

using ServerBlocks = std::map<std::string, ServerBlock, std::less<>>;

/// A command that asks whether the server hashes as we do, and keeps its texts as we do: it is not
/// a big-endian machine, and its encoding is UTF-8.
[[nodiscard]] pg::Command hash_probe(bool& comparable);

/// A command that fills `blocks` with the count and the digest (core/digest) of each block of a
/// table, over these columns. One scan of it, of which nothing but the sums travels.
[[nodiscard]] pg::Command digest_command(const ServerSession& session,
                                         const schema::TableLayout& table,
                                         const std::vector<schema::ColumnLayout>& columns,
                                         std::int64_t horizon, ServerBlocks& blocks);

}  // namespace playmirror::sync
