// CopySplitter: however the stream is cut, the same rows come out; whatever is wrong with it, it is
// refused.

#include "core/ingest/copy_splitter.hpp"

#include "core/schema/layout.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace playmirror::ingest {
namespace {

using Field = std::optional<std::string>;
using Row = std::vector<Field>;

constexpr std::int64_t kCap = 1000;

std::string big_endian(std::uint32_t value, int size) {
  std::string bytes;
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((value >> shift) & 0xff);
  }
  return bytes;
}

std::string encoded(const Row& row) {
  std::string bytes = big_endian(static_cast<std::uint32_t>(row.size()), 2);
  for (const Field& field : row) {
    bytes += field ? big_endian(static_cast<std::uint32_t>(field->size()), 4) + *field
                   : big_endian(0xFFFFFFFFU, 4);
  }
  return bytes;
}

std::string header() { return std::string("PGCOPY\n\377\r\n\0", 11) + std::string(8, '\0'); }

std::string trailer() { return big_endian(0xFFFFU, 2); }

std::string rows_of(const std::vector<Row>& rows) {
  std::string bytes;
  for (const Row& row : rows) bytes += encoded(row);
  return bytes;
}

const std::vector<Row> kRows{
    {"1", "a"},
    {"2", std::nullopt},
    {"", ""},
    {std::nullopt, std::nullopt},
    {"5", std::string(kCap, 'x')},
    {std::string("\0\xff\xff\0", 4), "\xff\xff"},
};

std::string whole_stream() { return header() + rows_of(kRows) + trailer(); }

/// Feeds the pieces and ends; the rows that came out.
RowBatch split(const std::vector<std::string_view>& pieces,
               std::vector<schema::ColumnLayout> columns = {{.name = "id"}, {.name = "lyrics"}}) {
  CopySplitter splitter("tracks", std::move(columns), kCap);
  RowBatch batch;
  for (const std::string_view piece : pieces) splitter.feed(piece, batch);
  splitter.finish();
  return batch;
}

void expect_all(const RowBatch& batch) {
  EXPECT_EQ(batch.rows, static_cast<std::int64_t>(kRows.size()));
  EXPECT_EQ(batch.bytes, rows_of(kRows));
}

/// What the splitter says to the stream, fed whole and fed byte by byte: the same.
std::optional<ErrorCode> refusal(const std::string& stream, std::string* message = nullptr) {
  std::optional<ErrorCode> codes[2];
  for (const bool byte_by_byte : {false, true}) {
    std::vector<std::string_view> pieces;
    const std::string_view all = stream;
    if (byte_by_byte) {
      for (std::size_t i = 0; i < all.size(); ++i) pieces.push_back(all.substr(i, 1));
    } else {
      pieces.push_back(all);
    }
    try {
      static_cast<void>(split(pieces));
    } catch (const Error& error) {
      codes[byte_by_byte ? 1 : 0] = error.code();
      EXPECT_NE(std::string_view(error.what()).find("tracks"), std::string_view::npos);
      EXPECT_FALSE(error.hint().empty());
      if (message != nullptr) *message = error.what();
    }
  }
  EXPECT_EQ(codes[0], codes[1]);
  return codes[0];
}

TEST(CopySplitter, AnyCutGivesTheSameRows) {
  const std::string stream = whole_stream();
  const std::string_view all = stream;
  expect_all(split({all}));
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    expect_all(split({all.substr(0, cut), all.substr(cut)}));
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
  expect_all(split(bytes));
}

TEST(CopySplitter, RandomPiecesGiveTheSameRows) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string stream = whole_stream();
  for (int round = 0; round < 500; ++round) {
    std::string_view rest = stream;
    std::vector<std::string_view> pieces;
    while (!rest.empty()) {
      const std::size_t size = std::min<std::size_t>(rest.size(), random() % 40);
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    expect_all(split(pieces));
  }
}

TEST(CopySplitter, ATableMayBeEmptyAndARowWithoutFields) {
  EXPECT_EQ(split({header() + trailer()}).rows, 0);
  const std::string stream = header() + encoded({}) + encoded({}) + trailer();
  EXPECT_EQ(split({stream}, {}).rows, 2);
}

TEST(CopySplitter, FlagsThatMayBeIgnoredAre) {
  std::string stream = whole_stream();
  stream[14] = '\1';
  expect_all(split({stream}));
}

TEST(CopySplitter, AStreamCutShortIsRefused) {
  const std::string stream = whole_stream();
  for (std::size_t size = 0; size < stream.size(); ++size) {
    EXPECT_EQ(refusal(stream.substr(0, size)), ErrorCode::server_protocol) << size;
  }
}

TEST(CopySplitter, AnythingBehindTheEndIsRefused) {
  for (const std::string& more : {std::string(1, '\0'), trailer(), encoded({"7", "x"})}) {
    EXPECT_EQ(refusal(whole_stream() + more), ErrorCode::server_protocol);
  }
}

TEST(CopySplitter, AnotherFormatIsRefused) {
  EXPECT_EQ(refusal("1\ta\n2\t\\N\n\\.\n" + std::string(30, ' ')), ErrorCode::server_protocol);
  for (std::size_t byte = 0; byte < 11; ++byte) {
    std::string stream = whole_stream();
    stream[byte] = static_cast<char>(stream[byte] ^ 1);
    EXPECT_EQ(refusal(stream), ErrorCode::server_protocol) << byte;
  }
  // Critical flags, header extension.
  for (const std::size_t byte : {11U, 12U, 15U, 16U, 17U, 18U}) {
    std::string stream = whole_stream();
    stream[byte] = '\1';
    EXPECT_EQ(refusal(stream), ErrorCode::server_protocol) << byte;
  }
}

TEST(CopySplitter, AWrongNumberOfFieldsIsRefused) {
  for (const std::uint32_t count : {0U, 1U, 3U, 0x7FFFU, 0x8000U, 0xFFFEU}) {
    const std::string stream =
        header() + big_endian(count, 2) + encoded({"1", "a"}).substr(2) + trailer();
    EXPECT_EQ(refusal(stream), ErrorCode::server_protocol) << count;
  }
}

TEST(CopySplitter, ANegativeLengthIsRefused) {
  for (const std::uint32_t length : {0xFFFFFFFEU, 0x80000000U, 0xC0000000U}) {
    const std::string stream = header() + big_endian(2, 2) + big_endian(length, 4) + "xxxx";
    EXPECT_EQ(refusal(stream), ErrorCode::server_protocol) << length;
  }
}

TEST(CopySplitter, AFieldAboveTheCapIsRefusedBeforeItHasCome) {
  for (const std::uint32_t length : {std::uint32_t{kCap + 1}, 0x40000000U, 0x7FFFFFFFU}) {
    const std::string stream = header() + big_endian(2, 2) + big_endian(11, 4) + "the long id" +
                               big_endian(length, 4) + "x";
    std::string message;
    EXPECT_EQ(refusal(stream, &message), ErrorCode::value_too_large);
    EXPECT_NE(message.find("lyrics"), std::string::npos) << message;
    EXPECT_NE(message.find("the long id"), std::string::npos) << message;
    EXPECT_NE(message.find(std::to_string(length)), std::string::npos) << message;
    EXPECT_NE(message.find(std::to_string(kCap)), std::string::npos) << message;
  }
}

TEST(CopySplitter, ARowIsNamedOnlyByWhatMayBeShown) {
  const auto message_for = [](const std::string& key) {
    std::string message;
    EXPECT_EQ(refusal(header() + big_endian(2, 2) +
                          big_endian(static_cast<std::uint32_t>(key.size()), 4) + key +
                          big_endian(kCap + 1, 4),
                      &message),
              ErrorCode::value_too_large);
    return message;
  };
  for (const std::string& key :
       {std::string("a\0b", 3), std::string("\x1b[2J"), std::string("\xff")}) {
    EXPECT_NE(message_for(key).find("of a row in tracks"), std::string::npos) << message_for(key);
  }
  std::string long_key(255, 'x');
  for (int i = 0; i < 100; ++i) long_key += "é";
  EXPECT_NE(message_for(long_key).find(std::string(255, 'x') + " in tracks"), std::string::npos);
}

TEST(CopySplitter, RandomDamageNeverReadsTooFar) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string stream = whole_stream();
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      const std::size_t byte = 11 + random() % (stream.size() - 11);
      stream[byte] = static_cast<char>(stream[byte] ^ (1 << (random() % 8)));
    }
    const auto code = refusal(stream);
    EXPECT_TRUE(!code || *code == ErrorCode::server_protocol ||
                *code == ErrorCode::value_too_large);
  }
}

TEST(RowBuilder, BuildsWhatTheServerSends) {
  RowBatch batch;
  for (const Row& row : kRows) {
    RowBuilder builder(batch, row.size());
    for (const Field& field : row) {
      if (field) {
        builder.field(*field);
      } else {
        builder.null();
      }
    }
  }
  expect_all(batch);
}

}  // namespace
}  // namespace playmirror::ingest
