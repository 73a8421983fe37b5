#pragma once

#include "core/ingest/key_blocks.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace playmirror::sync {

struct DeletedRows {
  std::int64_t deleted = 0;
  std::int64_t held = 0;  ///< kept here, since so many vanish that somebody should be asked
  std::int64_t here = 0;  ///< rows before
};

/// Deletes the rows of these blocks that are not among the server's keys, unless more than the
/// share `limit` of all would vanish and that is not confirmed: a mistake on the server must not
/// empty the laptop too. Those that the server has under another key do not vanish.
[[nodiscard]] DeletedRows delete_gone(ingest::ServerKeys& keys,
                                      const std::vector<std::string>& blocks,
                                      std::int64_t server_rows, double limit, bool confirmed);

}  // namespace playmirror::sync
