#include "sync/pull/copy_ranges.hpp"

#include "core/ingest/key_text.hpp"
#include "core/ingest/row_writer.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace playmirror::sync {
namespace {

/// How long a range should take: what a cut costs at most, and far more than a round trip.
constexpr double kRangeSeconds = 2;

/// Nor should it be larger than this, however fast the line: so much a cut may cost, too.
constexpr double kMostRangeBytes = 16 << 20;

/// By what factor the next range may be larger than the last one.
constexpr double kGrowth = 16;

/// The SQLSTATE with which a range of blocks refuses a rewritten table.
constexpr const char* kDivisionByZero = "22012";

/// How many units (rows, blocks) a range has.
class Units {
 public:
  explicit Units(std::int64_t first) : count_(first) {}

  [[nodiscard]] std::int64_t count() const { return count_; }

  /// As many as the next range should have after what this one has brought.
  void fit(const RangeSize& size);

  bool shrink() {
    if (count_ == 1) return false;
    most_ = count_ = pg::fewer_than(count_);
    return true;
  }

 private:
  std::int64_t count_;
  std::int64_t most_ = std::numeric_limits<std::int64_t>::max();
};

void Units::fit(const RangeSize& size) {
  const double bytes = std::max<double>(static_cast<double>(size.bytes), 1);
  const double rate = bytes / std::max(size.time.count(), 1e-3);
  const double wanted = std::min(rate * kRangeSeconds, kMostRangeBytes);
  const double factor = std::clamp(wanted / bytes, 1 / kGrowth, kGrowth);
  count_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(count_) * factor),
                                    1, most_);
}

std::string key_list(const schema::TableLayout& layout) {
  std::string list;
  for (const std::string& column : layout.key) {
    list += (list.empty() ? "" : ", ") + pg::quoted(column);
  }
  return list;
}

/// `(k1, k2) > ('a', 'b')` for a stored key.
std::string after_condition(const schema::TableLayout& layout, const std::string& key) {
  std::string values;
  for (const std::string& part : ingest::split_key(key)) {
    values += (values.empty() ? "" : ", ") + pg::literal(part);
  }
  return "(" + key_list(layout) + ") > (" + values + ")";
}

/// In the order of the key. A position is the last key, after any batch.
class KeyRanges : public CopyRanges {
 public:
  KeyRanges(const schema::TableLayout& layout, const std::vector<schema::ColumnLayout>& columns,
            std::optional<std::string> position)
      : layout_(layout), columns_(columns), position_(std::move(position)) {}

  std::string clause() const override {
    return (position_ ? " WHERE " + after_condition(layout_, *position_) : "") + " ORDER BY " +
           key_list(layout_) + " LIMIT " + std::to_string(rows_.count());
  }
  void note(const ingest::RowBatch& batch) override {
    position_ = ingest::last_key(batch, layout_, columns_);
  }
  bool advance(const RangeSize& size) override {
    const bool more = size.rows == rows_.count();
    rows_.fit(size);
    return more;
  }
  bool shrink() override { return rows_.shrink(); }
  const std::optional<std::string>& position() const override { return position_; }

 private:
  static constexpr std::int64_t kFirstRows = 2'000;

  const schema::TableLayout& layout_;
  const std::vector<schema::ColumnLayout>& columns_;
  std::optional<std::string> position_;
  Units rows_ = Units(kFirstRows);
};

/// In the order of the table's blocks. A row that moves to a block read already was written after
/// the copy began, so the pull that follows brings it; but a rewritten table keeps its rows' xmin.
/// A position is `storage/block`, with the number of the file that the blocks are counted in.
class BlockRanges : public CopyRanges {
 public:
  BlockRanges(const ServerTable& table, std::int64_t blocks,
              const std::optional<std::string>& position)
      : relation_(table.relation), storage_(table.storage), blocks_(blocks) {
    if (position && position->starts_with(std::to_string(storage_) + "/")) {
      const char* end = position->data() + position->size();
      std::from_chars(position->data() + position->find('/') + 1, end, begin_);
      position_ = position;
    }
  }

  std::string clause() const override {
    // Dividing by zero is how a condition can refuse; coalesce() keeps the planner from trying it.
    return " WHERE ctid >= '(" + std::to_string(begin_) + ",0)' AND ctid < '(" +
           std::to_string(begin_ + size_.count()) +
           ",0)' AND 1 / coalesce((SELECT (relfilenode = " + std::to_string(storage_) +
           ")::int FROM pg_catalog.pg_class WHERE oid = " + std::to_string(relation_) + "), 0) = 1";
  }
  void note(const ingest::RowBatch&) override {}
  bool advance(const RangeSize& size) override {
    begin_ += size_.count();
    size_.fit(size);
    position_ = std::to_string(storage_) + "/" + std::to_string(begin_);
    return begin_ < blocks_;
  }
  bool shrink() override { return size_.shrink(); }
  const std::optional<std::string>& position() const override { return position_; }

 private:
  static constexpr std::int64_t kFirstBlocks = 64;

  std::int64_t relation_;
  std::int64_t storage_;
  std::int64_t blocks_;
  std::int64_t begin_ = 0;
  Units size_ = Units(kFirstBlocks);
  std::optional<std::string> position_;
};

}  // namespace

bool is_rewritten(const pg::StatementFailed& failure) {
  return failure.sqlstate() == kDivisionByZero;
}

std::unique_ptr<CopyRanges> make_ranges(const ServerTable& table, const schema::TableLayout& layout,
                                        const std::vector<schema::ColumnLayout>& columns,
                                        std::int64_t blocks,
                                        const std::optional<std::string>& position) {
  if (table.has_blocks) return std::make_unique<BlockRanges>(table, blocks, position);
  return std::make_unique<KeyRanges>(layout, columns, position);
}

}  // namespace playmirror::sync
