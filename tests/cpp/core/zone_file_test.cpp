#include "core/time/zone_file.hpp"

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace playmirror {
namespace {

std::string big_endian(std::int64_t number, int bytes) {
  std::string text;
  for (int byte = bytes - 1; byte >= 0; --byte) {
    text += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * byte));
  }
  return text;
}

/// A header and two changes to types that there are two of.
std::string block(char version, int time_size, std::int64_t first = -100,
                  std::int64_t second = 100) {
  std::string text = std::string("TZif") + version + std::string(15, '\0');
  for (const int count : {0, 0, 0, 2, 2, 8}) text += big_endian(count, 4);
  text += big_endian(first, time_size) + big_endian(second, time_size);
  text += std::string("\1\0", 2);
  text += big_endian(3600, 4) + std::string("\0\0", 2) + big_endian(7200, 4) + "\1\4";
  return text + std::string("CET\0CES\0", 8);
}

std::string zone_file() { return block('2', 4) + block('2', 8) + "\nCET-1\n"; }

TEST(ZoneFile, TheSystemsAreWhole) {
  for (const char* name : {"Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia", "Etc/GMT+5"}) {
    EXPECT_TRUE(is_zone_file(read_zone_file(name))) << name;
  }
  EXPECT_EQ(read_zone_file("Nowhere/At_All"), "");
}

TEST(ZoneFile, CutAnywhereItIsNone) {
  const std::string whole = zone_file();
  EXPECT_TRUE(is_zone_file(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(is_zone_file(std::string_view(whole).substr(0, size))) << size;
  }
}

TEST(ZoneFile, OfTheFirstVersionHasOneBlock) {
  EXPECT_TRUE(is_zone_file(block('\0', 4)));
  EXPECT_FALSE(is_zone_file(block('2', 4)));
}

TEST(ZoneFile, WhatIsForOldReadersMayBeEmpty) {
  const std::string nothing = std::string("TZif2") + std::string(39, '\0');
  EXPECT_TRUE(is_zone_file(nothing + block('2', 8) + "\nCET-1\n"));
  EXPECT_FALSE(is_zone_file(block('2', 4) + nothing + "\nCET-1\n"));
}

TEST(ZoneFile, PartsMustFitTogether) {
  const auto changed = [](std::string_view was, std::string_view is) {
    std::string file = zone_file();
    file.replace(file.rfind(was), was.size(), is);
    return is_zone_file(file);
  };
  EXPECT_FALSE(changed("TZif", "TZIF"));
  EXPECT_FALSE(changed("TZif2", "TZif3"));  // not the version of the first block
  EXPECT_FALSE(changed("\1\4C",
                       "\1\x08"
                       "C"));                   // an abbreviation behind the letters
  EXPECT_FALSE(changed({"CES\0", 4}, "CEST"));  // that has no end
  EXPECT_FALSE(changed({"\1\0\0\0\x0e", 5}, {"\1\2\0\0\x0e", 5}));  // a type that is not there
  EXPECT_FALSE(is_zone_file(block('2', 4) + block('2', 8, 100, -100) + "\nCET-1\n"));
  EXPECT_FALSE(is_zone_file(block('2', 4) + block('2', 8, 100, 100) + "\nCET-1\n"));
}

}  // namespace
}  // namespace playmirror
