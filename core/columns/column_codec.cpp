#include "core/columns/column_codec.hpp"

#include "core/columns/bit_packing.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace playmirror::columns {
namespace {

constexpr std::size_t kChecksumBytes = 8;

/// Times are kept in the largest of these microseconds that divides all of a block.
constexpr std::array<std::uint64_t, 3> kUnits{1'000'000, 1'000, 1};

/// How listened_ms is shifted to make room for its two marks.
constexpr std::uint64_t kPackedNull = 0;
constexpr std::uint64_t kPackedWide = 1;
constexpr std::uint64_t kPackedValues = 2;

constexpr std::size_t kWideBytes = sizeof(std::uint32_t) + sizeof(std::int64_t);

/// Eight bytes at a time, each step a bijection: a flipped bit always changes the result.
std::uint64_t checksum(std::string_view bytes) noexcept {
  constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  std::uint64_t sum = bytes.size() * kMultiplier;
  const auto mix = [&sum](std::uint64_t word) {
    sum = (sum ^ word) * kMultiplier;
    sum ^= sum >> 29;
  };
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) mix(little_endian<std::uint64_t>(bytes.data()));
  std::uint64_t last = 0;
  for (const char byte : bytes) last = (last << 8) | static_cast<unsigned char>(byte);
  mix(last);
  return sum;
}

std::string_view opened(std::string_view bytes) {
  if (bytes.size() < kChecksumBytes + kPackedPadding ||
      little_endian<std::uint64_t>(bytes.data()) != checksum(bytes.substr(kChecksumBytes))) {
    refuse_damaged("a column of plays does not match its checksum");
  }
  return bytes.substr(kChecksumBytes);
}

/// Calls `put(row, value)` for each of `size` packed values; returns what is behind them.
template <typename Put>
std::string_view unpack(std::string_view bytes, std::size_t size, const Put& put) {
  Unpacker unpacker(bytes);
  std::array<std::uint64_t, kGroup> group{};
  for (std::size_t begin = 0; begin < size; begin += kGroup) {
    const std::size_t count = std::min(kGroup, size - begin);
    if (!unpacker.next(count, group.data())) refuse_damaged("a column of plays ends early");
    for (std::size_t i = 0; i < count; ++i) put(begin + i, group[i]);
  }
  return unpacker.rest();
}

/// Takes an integer from the front; the padding behind the payload does not count.
template <typename Integer>
Integer take(std::string_view& bytes) {
  if (bytes.size() < sizeof(Integer) + kPackedPadding) {
    refuse_damaged("a column of plays ends early");
  }
  const auto value = little_endian<Integer>(bytes.data());
  bytes.remove_prefix(sizeof(Integer));
  return value;
}

/// How far the first `count` packed steps of ids lead.
std::uint64_t steps(const std::array<std::uint64_t, kGroup>& packed, std::size_t count) noexcept {
  std::uint64_t sum = count;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<std::uint64_t>(unzigzag(packed[i]));
  return sum;
}

}  // namespace

std::string sealed(std::string payload) {
  payload.append(kPackedPadding, '\0');
  std::string bytes;
  bytes.reserve(kChecksumBytes + payload.size());
  put_little_endian(bytes, checksum(payload));
  return bytes += payload;
}

void refuse_damaged(const std::string& what) {
  raise(ErrorCode::damaged, what,
        {.hint = "Try again: this mirror now reads the rows instead, and builds the columns anew "
                 "when it next writes.",
         .retryable = true});
}

std::string encode_times(const std::vector<std::int64_t>& times) {
  // Differences as unsigned: those between the two ends of the range do not fit otherwise.
  std::vector<std::uint64_t> steps(times.size());
  for (std::size_t i = 1; i < times.size(); ++i) {
    steps[i] = static_cast<std::uint64_t>(times[i]) - static_cast<std::uint64_t>(times[i - 1]);
  }
  std::uint8_t unit = 0;
  for (const std::uint64_t step : steps) {
    while (step % kUnits[unit] != 0) ++unit;
  }
  for (std::uint64_t& step : steps) step /= kUnits[unit];
  std::string payload;
  put_little_endian(payload, times.empty() ? std::int64_t{0} : times.front());
  put_little_endian(payload, unit);
  pack(steps, payload);
  return sealed(std::move(payload));
}

std::vector<std::int64_t> decode_times(std::string_view bytes, std::size_t size) {
  bytes = opened(bytes);
  auto time = static_cast<std::uint64_t>(take<std::int64_t>(bytes));
  const auto unit = take<std::uint8_t>(bytes);
  if (unit >= kUnits.size()) refuse_damaged("a column of times has an unknown unit");
  const std::uint64_t factor = kUnits[unit];
  std::vector<std::int64_t> times(size);
  unpack(bytes, size, [&](std::size_t row, std::uint64_t step) {
    time += step * factor;
    times[row] = static_cast<std::int64_t>(time);
  });
  return times;
}

std::string encode_ids(const std::vector<std::int64_t>& ids) {
  std::vector<std::uint64_t> steps(ids.size());
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const auto step = static_cast<std::uint64_t>(ids[i]) - static_cast<std::uint64_t>(ids[i - 1]);
    steps[i] = zigzag(static_cast<std::int64_t>(step - 1));
  }
  std::string payload;
  put_little_endian(payload, ids.empty() ? std::int64_t{0} : ids.front());
  pack(steps, payload);
  return sealed(std::move(payload));
}

std::vector<std::int64_t> decode_ids(std::string_view bytes, std::size_t size) {
  bytes = opened(bytes);
  // The first step is packed as 0, which means one more than the id before.
  auto id = static_cast<std::uint64_t>(take<std::int64_t>(bytes)) - 1;
  std::vector<std::int64_t> ids(size);
  unpack(bytes, size, [&](std::size_t row, std::uint64_t step) {
    id += static_cast<std::uint64_t>(unzigzag(step)) + 1;
    ids[row] = static_cast<std::int64_t>(id);
  });
  return ids;
}

PackedIds::PackedIds(std::string bytes, std::size_t size) : bytes_(std::move(bytes)), size_(size) {
  std::string_view payload = opened(bytes_);
  auto id = static_cast<std::uint64_t>(take<std::int64_t>(payload)) - 1;
  Unpacker unpacker(payload);
  std::array<std::uint64_t, kGroup> group{};
  starts_.reserve((size + kGroup - 1) / kGroup);
  for (std::size_t begin = 0; begin < size; begin += kGroup) {
    const std::size_t count = std::min(kGroup, size - begin);
    starts_.push_back({id, static_cast<std::size_t>(unpacker.rest().data() - bytes_.data())});
    if (!unpacker.next(count, group.data())) refuse_damaged("a column of plays ends early");
    id += steps(group, count);
  }
}

std::int64_t PackedIds::operator[](std::size_t row) const {
  const std::size_t number = row / kGroup;
  const Start& start = starts_[number];
  Unpacker unpacker(std::string_view(bytes_).substr(start.at));
  std::array<std::uint64_t, kGroup> group{};
  const std::size_t count = std::min(kGroup, size_ - number * kGroup);
  if (!unpacker.next(count, group.data())) refuse_damaged("a column of plays ends early");
  return static_cast<std::int64_t>(start.id + steps(group, row % kGroup + 1));
}

std::string encode_codes(const std::vector<std::uint32_t>& codes) {
  const std::vector<std::uint64_t> values(codes.begin(), codes.end());
  std::string payload;
  pack(values, payload);
  return sealed(std::move(payload));
}

std::vector<std::uint32_t> decode_codes(std::string_view bytes, std::size_t size,
                                        std::uint64_t limit) {
  std::vector<std::uint32_t> codes(size);
  std::uint64_t largest = 0;
  unpack(opened(bytes), size, [&](std::size_t row, std::uint64_t code) {
    largest = std::max(largest, code);
    codes[row] = static_cast<std::uint32_t>(code);
  });
  if (largest >= limit) refuse_damaged("a column of codes holds one that nothing has");
  return codes;
}

std::string encode_listened(const std::vector<std::int32_t>& values,
                            const std::vector<Batch::Wide>& wide) {
  std::vector<std::uint64_t> packed(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    packed[i] = values[i] == kNoListenedMs     ? kPackedNull
                : values[i] == kWideListenedMs ? kPackedWide
                                               : zigzag(values[i]) + kPackedValues;
  }
  std::string payload;
  pack(packed, payload);
  for (const auto& [row, value] : wide) {
    put_little_endian(payload, row);
    put_little_endian(payload, value);
  }
  return sealed(std::move(payload));
}

ListenedColumn decode_listened(std::string_view bytes, std::size_t size) {
  ListenedColumn column;
  column.values.resize(size);
  std::size_t wide = 0;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::string_view rest = unpack(opened(bytes), size, [&](std::size_t row, std::uint64_t packed) {
    std::int32_t value = kNoListenedMs;
    if (packed >= kPackedValues) {
      const std::int64_t whole = unzigzag(packed - kPackedValues);
      least = std::min(least, whole);
      most = std::max(most, whole);
      value = static_cast<std::int32_t>(whole);
    } else if (packed == kPackedWide) {
      value = kWideListenedMs;
      ++wide;
    }
    column.values[row] = value;
  });
  // One that looks like a mark would be taken for it.
  if (least <= kWideListenedMs || most > std::numeric_limits<std::int32_t>::max()) {
    refuse_damaged("a column of listening times holds one that is too wide");
  }
  if (rest.size() != wide * kWideBytes) refuse_damaged("a column of listening times is cut short");
  for (; !rest.empty(); rest.remove_prefix(kWideBytes)) {
    const auto row = little_endian<std::uint32_t>(rest.data());
    const bool rising = column.wide.empty() || row > column.wide.back().first;
    if (row >= size || !rising || column.values[row] != kWideListenedMs) {
      refuse_damaged("a column of listening times names a wrong row");
    }
    column.wide.emplace_back(row, little_endian<std::int64_t>(rest.data() + sizeof row));
  }
  return column;
}

std::string encode_skipped(const std::vector<std::int8_t>& values) {
  std::vector<std::uint64_t> packed(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    packed[i] = static_cast<std::uint64_t>(values[i] - kSkipUnknown);
  }
  std::string payload;
  pack(packed, payload);
  return sealed(std::move(payload));
}

std::vector<std::int8_t> decode_skipped(std::string_view bytes, std::size_t size) {
  std::vector<std::int8_t> values(size);
  std::uint64_t largest = 0;
  unpack(opened(bytes), size, [&](std::size_t row, std::uint64_t packed) {
    largest = std::max(largest, packed);
    values[row] = static_cast<std::int8_t>(static_cast<std::int64_t>(packed & 3) + kSkipUnknown);
  });
  if (largest > kSkipped - kSkipUnknown) refuse_damaged("a column of skips holds an unknown one");
  return values;
}

std::string encode_totals(const std::vector<std::uint32_t>& totals) {
  const std::vector<std::uint64_t> values(totals.begin(), totals.end());
  std::string payload;
  put_little_endian(payload, static_cast<std::uint32_t>(totals.size()));
  pack(values, payload);
  return sealed(std::move(payload));
}

std::vector<std::uint32_t> decode_totals(std::string_view bytes) {
  bytes = opened(bytes);
  const auto size = take<std::uint32_t>(bytes);
  // Before there is room for them: every group takes two bytes at least.
  if (size / kGroup > bytes.size() / 2) refuse_damaged("the totals of plays end early");
  std::vector<std::uint32_t> totals(size);
  unpack(bytes, totals.size(), [&](std::size_t row, std::uint64_t total) {
    totals[row] = static_cast<std::uint32_t>(total);
  });
  return totals;
}

}  // namespace playmirror::columns
