#include "sync/pg/kept_statements.hpp"

#include "core/text/sha256.hpp"

#include <algorithm>

namespace playmirror::pg {

void KeptStatements::begin_exchange() {
  const bool any_open =
      std::ranges::any_of(statements_, [](const auto& entry) { return entry.second.is_sent; });
  if (!any_open) return;
  statements_.clear();
  ++generation_;
}

KeptStatements::Statement& KeptStatements::of(std::string_view kept_under, const std::string& sql) {
  std::string key;
  key.reserve(kept_under.size() + 1 + sql.size());
  key.append(kept_under).append(1, '\n').append(sql);
  const auto found = statements_.find(key);
  if (found != statements_.end()) return found->second;
  constexpr std::size_t kDigits = 32;  // of 63 bytes that a name may have
  text::Sha256 hash;
  hash.add(key);
  Statement statement;
  statement.name =
      "playmirror_" + hash.finish().substr(0, kDigits) + "_" + std::to_string(generation_);
  return statements_.emplace(std::move(key), std::move(statement)).first->second;
}

}  // namespace playmirror::pg
