#pragma once

#include "core/mirror/state.hpp"
#include "core/sqlite/database.hpp"

#include <memory>
#include <utility>

namespace playmirror::query {

/// One moment of the file: a lent connection inside a read transaction, which every statement of an
/// answer runs in. Statements made on it must be gone before it is.
class Moment {
 public:
  explicit Moment(MirrorState& state)
      : reader_(state.reader()),
        transaction_(std::make_unique<sqlite::Transaction>(reader_.database(),
                                                           sqlite::Transaction::Kind::deferred)) {}

  [[nodiscard]] sqlite::Database& database() const noexcept { return reader_.database(); }

 private:
  MirrorState::Reader reader_;
  std::unique_ptr<sqlite::Transaction> transaction_;
};

}  // namespace playmirror::query
