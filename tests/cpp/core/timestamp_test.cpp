// Timestamp and the two functions below it. The texts in the tables are PostgreSQL 15's own output
// and, where a text is refused, what no timestamp column prints or what has no zone.

#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>
#include <playmirror/timestamp.hpp>

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace playmirror {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

std::string printed(std::int64_t micros) {
  std::array<char, kPostgresTimeCapacity> text{};
  return {text.data(), format_postgres(micros, text.data())};
}

struct Known {
  std::int64_t micros;  // since 2000-01-01
  std::string_view postgres;
  std::string_view iso;
};

// The server's interval arithmetic agrees: '2000-01-01' + micros * interval '1 microsecond'.
constexpr Known kKnown[] = {
    {0, "2000-01-01 00:00:00", "2000-01-01T00:00:00Z"},
    {1, "2000-01-01 00:00:00.000001", "2000-01-01T00:00:00.000001Z"},
    {-1, "1999-12-31 23:59:59.999999", "1999-12-31T23:59:59.999999Z"},
    {100'000, "2000-01-01 00:00:00.1", "2000-01-01T00:00:00.1Z"},
    {120'300, "2000-01-01 00:00:00.1203", "2000-01-01T00:00:00.1203Z"},
    {-946'684'800'000'000, "1970-01-01 00:00:00", "1970-01-01T00:00:00Z"},
    {823'154'400'250'000, "2026-01-31 06:00:00.25", "2026-01-31T06:00:00.25Z"},
    {762'566'399'999'999, "2024-02-29 23:59:59.999999", "2024-02-29T23:59:59.999999Z"},
    {-3'150'662'400'000'000, "1900-02-28 00:00:00", "1900-02-28T00:00:00Z"},
    {-3'150'576'000'000'000, "1900-03-01 00:00:00", "1900-03-01T00:00:00Z"},
    {252'455'615'999'999'999, "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999Z"},
    {252'455'616'000'000'000, "10000-01-01 00:00:00", "10000-01-01T00:00:00Z"},
    {3'092'586'393'600'000'000, "100000-02-29 00:00:00", "100000-02-29T00:00:00Z"},
    {-63'082'281'600'000'000, "0001-01-01 00:00:00", "0001-01-01T00:00:00Z"},
    {-63'082'281'600'000'001, "0001-12-31 23:59:59.999999 BC", "0001-12-31T23:59:59.999999Z BC"},
    {-63'108'806'400'000'000, "0001-02-29 00:00:00 BC", "0001-02-29T00:00:00Z BC"},
    {-64'464'508'800'000'000, "0044-03-15 00:00:00 BC", "0044-03-15T00:00:00Z BC"},
    {-211'813'488'000'000'000, "4714-11-24 00:00:00 BC", "4714-11-24T00:00:00Z BC"},
    {9'223'371'331'199'999'999, "294276-12-31 23:59:59.999999", "294276-12-31T23:59:59.999999Z"},
    {kMax, "infinity", "infinity"},
    {kMin, "-infinity", "-infinity"},
};

TEST(Timestamp, PrintsAndReadsWhatTheServerPrints) {
  for (const Known& known : kKnown) {
    SCOPED_TRACE(known.postgres);
    const Timestamp time = Timestamp::from_postgres_micros(known.micros);
    EXPECT_EQ(time.postgres_micros(), known.micros);
    EXPECT_EQ(time.to_postgres_string(), known.postgres);
    EXPECT_EQ(time.to_string(), known.iso);
    EXPECT_EQ(Timestamp::parse_postgres(known.postgres), time);
    EXPECT_EQ(Timestamp::parse(known.iso), time);
  }
}

TEST(Timestamp, ReadsEveryFormOfAZone) {
  const Timestamp six = Timestamp::parse("2026-01-31T06:00:00Z");
  for (const std::string_view text : {
           "2026-01-31 06:00:00Z",
           "2026-01-31t06:00:00z",
           "2026-01-31T06:00Z",
           "2026-01-31T06:00:00.0Z",
           "2026-01-31T06:00:00.000000Z",
           "2026-01-31T06:00:00+00",
           "2026-01-31T06:00:00-00:00",
           "2026-01-31T07:00:00+01:00",
           "2026-01-31T07:00:00+0100",
           "2026-01-31 07:00:00+01",
           "2026-01-31T11:45:00+05:45",
           "2026-01-30T21:00:00-09:00",
           "2026-01-31T06:53:28+00:53:28",
           "2026-02-01T05:59:00+23:59",
       }) {
    EXPECT_EQ(Timestamp::parse(text), six) << text;
  }
  EXPECT_EQ(Timestamp::parse("0044-03-15 01:00:00+01 BC"),
            Timestamp::parse("0044-03-15T00:00:00Z BC"));
}

TEST(Timestamp, AZoneMayReachOverTheEndOfTheRange) {
  EXPECT_EQ(Timestamp::parse("294277-01-01T00:30:00+01:00").to_postgres_string(),
            "294276-12-31 23:30:00");
  EXPECT_EQ(Timestamp::parse("4714-11-23T23:30:00-01:00 BC").to_postgres_string(),
            "4714-11-24 00:30:00 BC");
  EXPECT_THROW(static_cast<void>(Timestamp::parse("294276-12-31T23:30:00-01:00")), InvalidArgument);
  EXPECT_THROW(static_cast<void>(Timestamp::parse("4714-11-24T00:30:00+01:00 BC")),
               InvalidArgument);
}

// Neither a time with a zone nor the text of a mirror file.
constexpr std::string_view kMalformed[] = {
    "",
    " ",
    "0",
    "now",
    "today",
    "NULL",
    "Infinity",
    "INFINITY",
    "inf",
    "+infinity",
    " infinity",
    "infinity ",
    "--infinity",
    "infinity BC",
    "infinityZ",
    "2026",
    "2026-01",
    "2026-01-31",
    "2026-01-31T",
    "2026-01-31 ",
    "2026-01-31T06",
    "2026-01-31T06:",
    "2026-01-31T06:00:",
    "2026-01-31T06:00:0",
    "2026-01-31T6:00:00Z",
    "2026-1-31T06:00:00Z",
    "2026-01-3T06:00:00Z",
    "2026-00-31T06:00:00Z",
    "2026-13-31T06:00:00Z",
    "2026-01-00T06:00:00Z",
    "2026-01-32T06:00:00Z",
    "2026-04-31T06:00:00Z",
    "2026-02-29T06:00:00Z",
    "1900-02-29T06:00:00Z",
    "2100-02-29T00:00:00Z",
    "0004-02-29T00:00:00Z BC",
    "2026-01-31T24:00:00Z",
    "2026-01-31T06:60:00Z",
    "2026-01-31T06:00:60Z",
    "2026-01-31T23:59:60Z",
    "2026-01-31T06:00:00.Z",
    "2026-01-31T06:00:00.1234567Z",
    "2026-01-31T06:00:00,5Z",
    "2026-01-31T06:00:00.-1Z",
    "2026-01-31T06:00:00 Z",
    "2026-01-31T06:00:00ZZ",
    "2026-01-31T06:00:00Z ",
    " 2026-01-31T06:00:00Z",
    "2026-01-31  06:00:00Z",
    "2026-01-31X06:00:00Z",
    "2026/01/31T06:00:00Z",
    "20260131T060000Z",
    "31-01-2026T06:00:00Z",
    "2026-01-31T06:00:00+",
    "2026-01-31T06:00:00+1",
    "2026-01-31T06:00:00+1:00",
    "2026-01-31T06:00:00+24:00",
    "2026-01-31T06:00:00+01:60",
    "2026-01-31T06:00:00+0160",
    "2026-01-31T06:00:00+01:",
    "2026-01-31T06:00:00+01:0",
    "2026-01-31T06:00:00+01:00:00:00",
    "2026-01-31T06:00:00 Europe/Berlin",
    "2026-01-31T06:00:00 CET",
    "2026-01-31T06:00:00BC",
    "2026-01-31T06:00:00Z  BC",
    "2026-01-31T06:00:00Z bc",
    "2026-01-31T06:00:00Z AD",
    "2026-01-31T06:00:00Z BC BC",
    "2026-01-31 06:00:00 BC Z",
    "0000-01-01T00:00:00Z",
    "000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "+2026-01-31T06:00:00Z",
    "02026-01-31T06:00:00Z",
    "002026-01-31T06:00:00Z",
    "294277-01-01T00:00:00Z",
    "999999-12-31T23:59:59Z",
    "1000000-01-01T00:00:00Z",
    "9999999999999999999-01-01T00:00:00Z",
    "4714-11-23T23:59:59.999999Z BC",
    "999999-01-01T00:00:00Z BC",
    "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa6-01-31T06:00:00Z",
    "2026-01-31T06:00:00\xe2\x88\x92"
    "01:00",
};

TEST(Timestamp, RefusesWhatIsNotATime) {
  for (const std::string_view text : kMalformed) {
    EXPECT_THROW(static_cast<void>(Timestamp::parse(text)), InvalidArgument) << text;
    EXPECT_FALSE(parse_postgres(text)) << text;
  }
  using namespace std::string_view_literals;
  EXPECT_THROW(static_cast<void>(Timestamp::parse("2026-01-31T06:00:00Z\0"sv)), InvalidArgument);
  EXPECT_FALSE(parse_postgres("2026-01-31 06:00:00\0"sv));
}

TEST(Timestamp, RefusesANaiveTimeAndSaysWhy) {
  for (const std::string_view text :
       {"2026-01-31T06:00:00", "2026-01-31 06:00:00.25", "2026-01-31T06:00"}) {
    try {
      static_cast<void>(Timestamp::parse(text));
      ADD_FAILURE() << text;
    } catch (const InvalidArgument& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(std::string_view(error.what()).find("time zone"), std::string_view::npos);
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST(Timestamp, ReadsFromTheFileOnlyTheOneTextOfAnInstant) {
  for (const std::string_view text : {
           "2026-01-31T06:00:00",
           "2026-01-31 06:00",
           "2026-01-31 06:00:00.0",
           "2026-01-31 06:00:00.250",
           "2026-01-31 06:00:00Z",
           "2026-01-31 06:00:00+00",
           "2026-01-31 06:00:00 AD",
           "0044-03-15 00:00:00.50 BC",
           "0001-02-29 00:00:00",
           "0000-01-01 00:00:00 BC",
           "294277-01-01 00:00:00",
           "4714-11-23 23:59:59 BC",
       }) {
    EXPECT_FALSE(parse_postgres(text)) << text;
    EXPECT_THROW(static_cast<void>(Timestamp::parse_postgres(text)), InvalidArgument) << text;
  }
}

TEST(Timestamp, EveryPrefixAndEveryChangedByteIsRefusedOrReadsBack) {
  for (const Known& known : kKnown) {
    for (std::size_t length = 0; length < known.postgres.size(); ++length) {
      std::string text(known.postgres.substr(0, length));
      if (const auto micros = parse_postgres(text)) {
        EXPECT_EQ(printed(*micros), text);
      }
      text = known.postgres;
      for (int byte = 0; byte < 256; ++byte) {
        text[length] = static_cast<char>(byte);
        if (const auto micros = parse_postgres(text)) {
          ASSERT_EQ(printed(*micros), text);
        }
      }
    }
  }
}

TEST(Timestamp, HoldsExactlyTheServersRange) {
  EXPECT_EQ(kPostgresTimeBegin, -211'813'488'000'000'000);
  EXPECT_EQ(kPostgresTimeEnd, 9'223'371'331'200'000'000);
  for (const std::int64_t outside :
       {kPostgresTimeBegin - 1, kPostgresTimeEnd, kMin + 1, kMax - 1}) {
    EXPECT_FALSE(is_postgres_time(outside));
    EXPECT_THROW(static_cast<void>(Timestamp::from_postgres_micros(outside)), InvalidArgument);
  }
}

TEST(Timestamp, PrintsAnyIntegerWithinItsBuffer) {
  for (const std::int64_t micros : {kMin + 1, kMax - 1, kPostgresTimeBegin - 1, kPostgresTimeEnd}) {
    EXPECT_LT(printed(micros).size(), kPostgresTimeCapacity);
  }
  EXPECT_EQ(printed(kMin + 1).size(), std::string_view("290278-12-22 19:59:05.224193 BC").size());
}

TEST(Timestamp, EveryDayOfTwoCyclesHasItsOwnDate) {
  // 1 BC to 800 AD, walked by the rules of the calendar alone.
  std::int64_t day = calendar::days_of({0, 1, 1});
  for (std::int64_t year = 0; year <= 800; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    constexpr std::array<unsigned, 12> kLengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned month = 1; month <= 12; ++month) {
      const unsigned length = kLengths[month - 1] + (leap && month == 2 ? 1 : 0);
      for (unsigned number = 1; number <= length; ++number, ++day) {
        const calendar::Date date = calendar::date_of(day);
        ASSERT_EQ(date.year, year);
        ASSERT_EQ(date.month, month);
        ASSERT_EQ(date.day, number);
        ASSERT_EQ(calendar::days_of(date), day);
      }
      ASSERT_FALSE(calendar::exists({year, month, length + 1}));
    }
  }
}

TEST(Timestamp, RandomInstantsReadBackFromBothTexts) {
  std::mt19937_64 random(20'260'131);
  std::uniform_int_distribution<std::int64_t> any(kPostgresTimeBegin, kPostgresTimeEnd - 1);
  for (int i = 0; i < 200'000; ++i) {
    // A third of them whole seconds, a third of this century.
    std::int64_t micros = any(random);
    if (i % 3 == 1) micros -= micros % calendar::kMicrosPerSecond;
    if (i % 3 == 2) micros %= 3'155'760'000'000'000;
    const Timestamp time = Timestamp::from_postgres_micros(micros);
    ASSERT_EQ(parse_postgres(printed(micros)), micros);
    ASSERT_EQ(Timestamp::parse(time.to_string()), time);
  }
}

TEST(Timestamp, ConvertsToAndFromTheUnixEpoch) {
  EXPECT_EQ(Timestamp::from_unix_micros(0).to_string(), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Timestamp::parse("2026-01-31T06:00:00.25Z").unix_micros(), 1'769'839'200'250'000);
  EXPECT_EQ(Timestamp::parse("1969-12-31T23:59:59.999999Z").unix_micros(), -1);
  EXPECT_EQ(Timestamp::from_unix_micros(kMax).unix_micros(), kMax);
  // This sum is the integer that stands for -infinity.
  EXPECT_THROW(static_cast<void>(Timestamp::from_unix_micros(kMin + 946'684'800'000'000)),
               InvalidArgument);
  EXPECT_THROW(static_cast<void>(Timestamp::from_unix_micros(kMin)), InvalidArgument);
  // The last thirty years are within PostgreSQL's range, but not within 64 bits since 1970.
  const Timestamp last = Timestamp::parse("294276-12-31T23:59:59.999999Z");
  EXPECT_THROW(static_cast<void>(last.unix_micros()), InvalidArgument);
  EXPECT_THROW(static_cast<void>(Timestamp::infinity().unix_micros()), InvalidArgument);
  EXPECT_THROW(static_cast<void>(Timestamp::negative_infinity().to_sys_time()), InvalidArgument);
  const auto sys = Timestamp::parse("2026-01-31T06:00:00Z").to_sys_time();
  EXPECT_EQ(std::chrono::floor<std::chrono::days>(sys),
            std::chrono::sys_days(std::chrono::year(2026) / 1 / 31));
}

TEST(Timestamp, NowIsNow) {
  const auto before = std::chrono::system_clock::now();
  const auto now = Timestamp::now().to_sys_time();
  const auto after = std::chrono::system_clock::now();
  EXPECT_GE(now, std::chrono::floor<std::chrono::microseconds>(before));
  EXPECT_LE(now, after);
}

TEST(Timestamp, OrdersLikeTheInstants) {
  for (std::size_t i = 0; i < std::size(kKnown); ++i) {
    for (std::size_t k = 0; k < std::size(kKnown); ++k) {
      EXPECT_EQ(Timestamp::parse(kKnown[i].iso) <=> Timestamp::parse(kKnown[k].iso),
                kKnown[i].micros <=> kKnown[k].micros);
    }
  }
}

}  // namespace
}  // namespace playmirror
