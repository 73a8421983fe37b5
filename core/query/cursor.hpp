#pragma once

#include "core/query/moment.hpp"
#include "core/query/query.hpp"
#include "core/query/record_reader.hpp"

#include <playmirror/cursor.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace playmirror {

/// The rows of several queries, one after another, up to a limit over all of them. The first row is
/// fetched at once, so that an error comes with the call and the moment is fixed.
template <typename Record>
struct Cursor<Record>::Impl {
 public:
  Impl(query::Moment moment, const std::vector<query::Query>& parts, std::int64_t limit)
      : moment_(std::move(moment)),
        records_(moment_.database()),
        left_(limit == 0 ? std::numeric_limits<std::int64_t>::max() : limit) {
    for (const query::Query& part : parts) parts_.push_back(part.prepare(moment_.database()));
    advance();
  }

  std::optional<Record> next() {
    if (part_ == parts_.size()) return std::nullopt;
    Record record = records_.read(parts_[part_]);
    advance();
    return record;
  }

 private:
  void advance() {
    if (left_-- == 0) part_ = parts_.size();
    while (part_ < parts_.size() && !parts_[part_].step()) ++part_;
  }

  query::Moment moment_;
  query::RecordReader<Record> records_;
  std::vector<sqlite::Statement> parts_;
  std::size_t part_ = 0;
  std::int64_t left_;  ///< rows that may still be fetched
};

namespace query {

template <typename Record>
[[nodiscard]] Cursor<Record> open_cursor(Moment moment, const std::vector<Query>& parts,
                                         std::int64_t limit = 0) {
  return Cursor<Record>(
      std::make_unique<typename Cursor<Record>::Impl>(std::move(moment), parts, limit));
}

}  // namespace query
}  // namespace playmirror
