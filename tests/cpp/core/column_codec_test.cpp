// The bytes of columns: what goes in comes out, and what was not written is refused.

#include "core/columns/column_codec.hpp"

#include "core/columns/bit_packing.hpp"

#include <playmirror/error.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace playmirror::columns {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

template <typename Call>
bool is_refused(const Call& call) {
  try {
    static_cast<void>(call());
    return false;
  } catch (const Error& error) {
    return error.code() == ErrorCode::damaged;
  }
}

TEST(BitPacking, GivesBackValuesOfEveryWidth) {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    for (const std::size_t size : {1U, 7U, 128U, 300U}) {
      std::vector<std::uint64_t> values(size);
      for (auto& value : values) {
        value = width == 0 ? 0 : random() >> (64 - width);
        // Some that do not fit the width of the others.
        if (random() % 40 == 0) value = random() >> (random() % 64);
      }
      std::string bytes;
      pack(values, bytes);
      bytes.append(kPackedPadding, '\xff');
      Unpacker unpacker(bytes);
      std::vector<std::uint64_t> unpacked(size);
      for (std::size_t begin = 0; begin < size; begin += kGroup) {
        ASSERT_TRUE(unpacker.next(std::min(kGroup, size - begin), &unpacked[begin]));
      }
      EXPECT_EQ(unpacked, values) << width;
      EXPECT_TRUE(unpacker.rest().empty());
    }
  }
}

TEST(BitPacking, NeverReadsBeyondDamagedBytes) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 20'000; ++round) {
    // On the heap and of exact size, for the sanitizers to see.
    std::string bytes(random() % 60, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    Unpacker unpacker(bytes);
    std::vector<std::uint64_t> values(kGroup);
    while (unpacker.next(kGroup, values.data())) {
    }
  }
}

TEST(ColumnCodec, KeepsTimesExactly) {
  const std::vector<std::vector<std::int64_t>> columns{
      {},
      {0},
      {kNegativeInfinity, kNegativeInfinity, -210'000'000'000'000'000, 0, 1, 1, kLastInstant,
       kInfinity, kInfinity, kNoTime, kNoTime},
      {1'000'000, 2'000'000, 9'000'000},
      {1'000'500, 1'001'500},
  };
  for (const auto& times : columns) {
    EXPECT_EQ(decode_times(encode_times(times), times.size()), times);
  }
}

TEST(ColumnCodec, KeepsIdsExactly) {
  const std::vector<std::int64_t> ids{5, 6, 7, -1'099'511'627'777, 8, kMost, kLeast, 0, kLeast, 9};
  EXPECT_EQ(decode_ids(encode_ids(ids), ids.size()), ids);
}

TEST(ColumnCodec, FindsSingleIds) {
  std::mt19937_64 random(7);
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < 3'000; ++i) {
    // Long runs, and some that are out of order.
    ids.push_back(i < 900 || i % 300 > 2 ? i + 10 : static_cast<std::int64_t>(random()));
  }
  const std::string bytes = encode_ids(ids);
  const PackedIds packed(bytes, ids.size());
  for (std::size_t row = 0; row < ids.size(); ++row) EXPECT_EQ(packed[row], ids[row]) << row;
  EXPECT_LT(packed.memory(), ids.size() * sizeof(std::int64_t));
  std::string changed = bytes;
  changed[20] = static_cast<char>(changed[20] ^ 1);
  EXPECT_TRUE(is_refused([&] { return PackedIds(changed, ids.size())[0]; }));
  EXPECT_TRUE(is_refused([&] { return PackedIds(encode_ids({1, 2}), 200)[0]; }));
}

TEST(ColumnCodec, KeepsListeningTimesExactly) {
  PlayArrays plays;
  const std::vector<std::optional<std::int64_t>> values{{},
                                                        0,
                                                        1,
                                                        -1,
                                                        183'000,
                                                        2'147'483'647,
                                                        2'147'483'648,
                                                        -2'147'483'646,
                                                        -2'147'483'647,
                                                        -2'147'483'648,
                                                        kMost,
                                                        kLeast,
                                                        {}};
  for (const auto& value : values) {
    PlayRow play;
    play.listened_ms = value;
    plays.add(play);
  }
  const ListenedColumn decoded =
      decode_listened(encode_listened(plays.listened_ms, plays.wide_listened_ms), plays.size());
  Batch batch;
  batch.size = 10;
  batch.listened_ms = std::span(decoded.values).subspan(3);
  batch.wide_values = decoded.wide;
  batch.first.row = 3;
  for (std::size_t i = 0; i < batch.size; ++i) EXPECT_EQ(batch.listened(i), values[i + 3]) << i;
}

TEST(ColumnCodec, KeepsCodesAndFlags) {
  const std::vector<std::uint32_t> codes{0, 1, 70'000, 4'294'967'295, 3};
  EXPECT_EQ(decode_codes(encode_codes(codes), codes.size(), std::uint64_t{1} << 32), codes);
  EXPECT_TRUE(is_refused([&] { return decode_codes(encode_codes(codes), codes.size(), 70'001); }));
  const std::vector<std::int8_t> skipped{kSkipUnknown, kSkipped, kNotSkipped, kSkipUnknown};
  EXPECT_EQ(decode_skipped(encode_skipped(skipped), skipped.size()), skipped);
  const std::vector<std::uint32_t> totals{0, 12, 0, 99'999};
  EXPECT_EQ(decode_totals(encode_totals(totals)), totals);
}

TEST(ColumnCodec, RefusesBytesThatWereChangedOrCut) {
  std::vector<std::int64_t> times;
  for (std::int64_t i = 0; i < 300; ++i) times.push_back(i * i);
  const std::string whole = encode_times(times);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 4);
    EXPECT_TRUE(is_refused([&] { return decode_times(changed, times.size()); })) << i;
    EXPECT_TRUE(is_refused([&] { return decode_times(whole.substr(0, i), times.size()); })) << i;
  }
  EXPECT_TRUE(is_refused([&] { return decode_times(whole, times.size() + kGroup); }));
}

/// Packed values behind a checksum that fits, as a hostile file may have them.
std::string sealed_values(const std::vector<std::uint64_t>& values) {
  std::string payload;
  pack(values, payload);
  return sealed(std::move(payload));
}

TEST(ColumnCodec, RefusesValuesThatNoEncoderWrites) {
  const auto listened = [](std::int64_t value) {
    constexpr std::uint64_t kMarks = 2;
    return is_refused([&] { return decode_listened(sealed_values({zigzag(value) + kMarks}), 1); });
  };
  EXPECT_FALSE(listened(kWideListenedMs + 1));
  EXPECT_TRUE(listened(kWideListenedMs));  // a mark without the value that it stands for
  EXPECT_TRUE(listened(kNoListenedMs));
  EXPECT_TRUE(listened(2'147'483'648));
  EXPECT_TRUE(listened(kMost - 1));
  EXPECT_FALSE(is_refused([] { return decode_skipped(sealed_values({2}), 1); }));
  EXPECT_TRUE(is_refused([] { return decode_skipped(sealed_values({3}), 1); }));
  EXPECT_TRUE(is_refused([] { return decode_totals(sealed("\xff\xff\xff\xff")); }));
}

}  // namespace
}  // namespace playmirror::columns
