// CRC-64/XZ against its published check value, and however the bytes are cut.

#include "core/text/crc64.hpp"

#include <cstddef>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace playmirror::text {
namespace {

std::uint64_t crc(std::string_view bytes) {
  Crc64 crc;
  crc.add(bytes);
  return crc.value();
}

TEST(Crc64, IsTheOneThatXzUses) {
  EXPECT_EQ(crc(""), 0U);
  EXPECT_EQ(crc("123456789"), 0x995DC9BBDF1939FA);
}

TEST(Crc64, IsTheSameHoweverTheBytesCome) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += static_cast<char>(i * 37);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Crc64 crc_of_parts;
    crc_of_parts.add(std::string_view(bytes).substr(0, cut));
    crc_of_parts.add(std::string_view(bytes).substr(cut));
    EXPECT_EQ(crc_of_parts.value(), crc(bytes)) << cut;
  }
}

}  // namespace
}  // namespace playmirror::text
