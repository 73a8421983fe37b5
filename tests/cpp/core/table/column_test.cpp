// Columns as they are built, read and cut; tables of them; records as tables.

#include "core/text/utf8.hpp"

#include <playmirror/column_builder.hpp>
#include <playmirror/error.hpp>
#include <playmirror/record_members.hpp>
#include <playmirror/table.hpp>
#include <playmirror/to_table.hpp>

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace playmirror {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::vector<Cell> cells(const Column& column) {
  std::vector<Cell> cells;
  for (std::size_t row = 0; row < column.size(); ++row) cells.push_back(column.value(row));
  return cells;
}

TEST(Column, GivesBackWhatWasAdded) {
  const std::string odd("a\0é♪", 7);
  ColumnBuilder texts({"t", ColumnType::utf8});
  texts.add_text("");
  texts.add_null();
  texts.add_text(odd);
  const Column text = std::move(texts).finish();
  EXPECT_EQ(cells(text), (std::vector<Cell>{std::string(), {}, odd}));
  EXPECT_EQ(text.text(2), odd);
  EXPECT_EQ(text.null_count(), 1U);
  EXPECT_TRUE(text.is_null(1));

  ColumnBuilder lists({"l", ColumnType::list});
  lists.add_list(std::vector<std::string>{"a", ""});
  lists.add_null();
  lists.add_list({});
  EXPECT_EQ(cells(std::move(lists).finish()),
            (std::vector<Cell>{std::vector<std::string>{"a", ""}, {}, std::vector<std::string>{}}));

  ColumnBuilder dates({"d", ColumnType::date});
  dates.add_date(sys_days(days(-1)));
  const Column date = std::move(dates).finish();
  EXPECT_EQ(date.value(0), Cell(sys_days(days(-1))));
  EXPECT_EQ(date.days()[0], -1);

  ColumnBuilder bytes({"b", ColumnType::binary});
  bytes.add_bytes("\xff");
  EXPECT_EQ(std::move(bytes).finish().value(0), Cell(Blob{"\xff"}));
}

TEST(Column, KeepsEachTextOfADictionaryOnce) {
  ColumnBuilder builder({"d", ColumnType::dictionary});
  for (const char* text : {"b", "a", "b"}) builder.add_text(text);
  builder.add_null();
  builder.add_text("");
  const Column column = std::move(builder).finish();
  EXPECT_EQ(
      cells(column),
      (std::vector<Cell>{std::string("b"), std::string("a"), std::string("b"), {}, std::string()}));
  EXPECT_EQ(column.codes()[0], column.codes()[2]);
  EXPECT_EQ(cells(column.dictionary()),
            (std::vector<Cell>{std::string("b"), std::string("a"), std::string()}));
}

TEST(Column, KnowsWhichRowsAreNullWhereverTheFirstIs) {
  for (const std::size_t first : {0U, 1U, 7U, 8U, 9U, 63U, 64U, 65U, 99U}) {
    ColumnBuilder flags({"f", ColumnType::boolean});
    ColumnBuilder numbers({"n", ColumnType::int64});
    for (std::size_t row = 0; row < 100; ++row) {
      const bool null = row == first || (row > first && row % 3 == 0);
      null ? flags.add_null() : flags.add_boolean(row % 2 == 0);
      null ? numbers.add_null() : numbers.add_integer(static_cast<std::int64_t>(row));
    }
    const Column flag = std::move(flags).finish();
    const Column number = std::move(numbers).finish();
    for (std::size_t offset = 0; offset < 100; offset += 5) {
      const Column part = number.slice(offset, 100 - offset);
      std::size_t nulls = 0;
      for (std::size_t row = offset; row < 100; ++row) {
        const bool null = row == first || (row > first && row % 3 == 0);
        nulls += null ? 1 : 0;
        ASSERT_EQ(part.value(row - offset), null ? Cell() : Cell(static_cast<std::int64_t>(row)));
        ASSERT_EQ(flag.value(row), null ? Cell() : Cell(row % 2 == 0));
      }
      ASSERT_EQ(part.null_count(), nulls) << first << " " << offset;
    }
  }
}

TEST(Column, HoldsEveryTimestampAndTellsWhichArrowCannot) {
  const std::vector<Timestamp> instants{Timestamp::parse("4714-11-24T00:00:00Z BC"),
                                        Timestamp::infinity(),
                                        Timestamp::negative_infinity(),
                                        Timestamp::parse("294247-01-10T04:00:54.775807Z"),
                                        Timestamp::parse("294247-01-10T04:00:54.775808Z"),
                                        Timestamp::parse("1970-01-01T00:00:00Z")};
  ColumnBuilder builder({"t", ColumnType::timestamp});
  for (const Timestamp instant : instants) builder.add_timestamp(instant);
  builder.add_null();
  const Column column = std::move(builder).finish();
  for (std::size_t row = 0; row < instants.size(); ++row) {
    EXPECT_EQ(column.value(row), Cell(instants[row]));
    EXPECT_FALSE(column.is_null(row));
  }
  EXPECT_EQ(column.null_count(), 1U);
  EXPECT_EQ(column.beyond_arrow(), 3U);
  EXPECT_EQ(column.micros()[3], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(column.micros()[5], 0);
  const Column part = column.slice(2, 5);
  EXPECT_EQ(part.beyond_arrow(), 2U);
  EXPECT_EQ(part.null_count(), 1U);
  EXPECT_EQ(part.value(0), Cell(Timestamp::negative_infinity()));
}

TEST(Column, HoldsTextsAsUtf8) {
  ColumnBuilder texts({"t", ColumnType::utf8});
  ColumnBuilder names({"n", ColumnType::dictionary});
  const std::vector<std::string> odd{"\xff", "\xed\xa0\x80", "abcdefgh\xc3", "\xf4\x90\x80\x80",
                                     "\xc0\x80"};
  for (const std::string& text : odd) {
    texts.add_text(text);
    names.add_text(text);
  }
  const Column column = std::move(texts).finish();
  const Column dictionary = std::move(names).finish();
  for (std::size_t row = 0; row < odd.size(); ++row) {
    const std::string replaced = text::with_replacements(odd[row]);
    EXPECT_EQ(column.text(row), replaced);
    EXPECT_EQ(dictionary.value(row), Cell(replaced));
  }
  ColumnBuilder lists({"l", ColumnType::list});
  lists.add_list(std::vector<std::string>{"a", "\xff"});
  EXPECT_EQ(std::move(lists).finish().value(0),
            Cell(std::vector<std::string>{"a", "\xEF\xBF\xBD"}));
}

TEST(Column, RefusesWhatDoesNotFit) {
  ColumnBuilder builder({"n", ColumnType::int64});
  EXPECT_THROW(builder.add_text("x"), InvalidArgument);
  EXPECT_THROW(builder.add_real(1), InvalidArgument);
  EXPECT_THROW(builder.add_timestamp(Timestamp()), InvalidArgument);
  builder.add_integer(1);
  const Column column = std::move(builder).finish();
  EXPECT_EQ(column.size(), 1U);
  EXPECT_THROW(static_cast<void>(column.value(1)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(column.text(0)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(column.reals()), InvalidArgument);
  EXPECT_THROW(static_cast<void>(column.micros()), InvalidArgument);
  EXPECT_THROW(static_cast<void>(column.slice(1, 1)), InvalidArgument);
  EXPECT_EQ(column.slice(1, 0).size(), 0U);
  try {
    static_cast<void>(column.slice(1, SIZE_MAX));
    ADD_FAILURE() << "more rows than there are";
  } catch (const InvalidArgument& error) {
    EXPECT_TRUE(
        std::string(error.what()).starts_with(std::to_string(SIZE_MAX) + " rows from row 1"));
  }
}

Column numbers(const std::string& name, std::int64_t count) {
  ColumnBuilder builder({name, ColumnType::int64});
  for (std::int64_t i = 0; i < count; ++i) builder.add_integer(i);
  return std::move(builder).finish();
}

TEST(Table, FindsColumnsByNameAndSharesTheirMemory) {
  const Table table({numbers("a", 5), numbers("b", 5), numbers("b", 5)});
  EXPECT_EQ(table.schema()[1], (Field{"b", ColumnType::int64}));
  EXPECT_EQ(&table.column("a"), table.columns().data());
  EXPECT_THROW(static_cast<void>(table.column("b")), InvalidArgument);
  EXPECT_THROW(static_cast<void>(table.column("c")), InvalidArgument);
  EXPECT_THROW(Table({numbers("a", 5), numbers("b", 4)}), InvalidArgument);
  const Table part = table.slice(1, 3);
  EXPECT_EQ(part.row(0), (std::vector<Cell>(3, Cell(std::int64_t{1}))));
  EXPECT_EQ(part.column("a").integers().data(), table.column("a").integers().data() + 1);
  EXPECT_EQ(Table().row_count(), 0U);
  EXPECT_EQ(Table().slice(0, 0).row_count(), 0U);
  EXPECT_THROW(static_cast<void>(Table().slice(0, 1)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(Table().row(0)), InvalidArgument);  // no column to ask either
}

enum class Mood { calm, wild };

struct Length {
  std::int64_t ms = 0;
  std::optional<double> mean = {};
};

struct Sample {
  int number = 0;
  Mood mood = Mood::calm;
  Length length = {};
  std::optional<std::chrono::year_month_day> day = {};
  std::vector<std::string> tags = {};
};

struct Untabular {
  std::vector<Length> lengths = {};
};

}  // namespace

template <>
struct Members<Mood> {
  static constexpr auto kName = "Mood";
  static constexpr std::array kAll{Name{Mood::calm, "calm"}, Name{Mood::wild, "wild"}};
};
template <>
struct Members<Length> {
  static constexpr auto kName = "Length";
  static constexpr std::tuple kAll{Member{"ms", &Length::ms}, Member{"mean", &Length::mean}};
};
template <>
struct Members<Sample> {
  static constexpr auto kName = "Sample";
  static constexpr std::tuple kAll{
      Member{"number", &Sample::number}, Member{"mood", &Sample::mood},
      Member{"length", &Sample::length}, Member{"day", &Sample::day},
      Member{"tags", &Sample::tags},
  };
};
template <>
struct Members<Untabular> {
  static constexpr auto kName = "Untabular";
  static constexpr std::tuple kAll{Member{"lengths", &Untabular::lengths}};
};

namespace {

static_assert(Tabular<Sample> && Tabular<Play> && !Tabular<Untabular> && !Tabular<int>);

TEST(ToTable, MakesOneColumnOfEachMemberAndSpreadsRecordsInside) {
  using namespace std::chrono;
  const Table table = to_table(std::vector<Sample>{
      {1, Mood::wild, {5, 0.5}, year(2026) / 1 / 31, {"x"}},
      {},
  });
  EXPECT_EQ(table.schema(), (std::vector<Field>{{"number", ColumnType::int64},
                                                {"mood", ColumnType::dictionary},
                                                {"length_ms", ColumnType::int64},
                                                {"length_mean", ColumnType::float64},
                                                {"day", ColumnType::date},
                                                {"tags", ColumnType::list}}));
  EXPECT_EQ(table.row(0),
            (std::vector<Cell>{std::int64_t{1}, std::string("wild"), std::int64_t{5}, 0.5,
                               sys_days(year(2026) / 1 / 31), std::vector<std::string>{"x"}}));
  EXPECT_EQ(table.row(1), (std::vector<Cell>{std::int64_t{0},
                                             std::string("calm"),
                                             std::int64_t{0},
                                             {},
                                             {},
                                             std::vector<std::string>{}}));
}

Column numbers(const std::string& name, const std::vector<std::optional<std::int64_t>>& values) {
  ColumnBuilder builder({name, ColumnType::int64});
  for (const auto& value : values) value ? builder.add_integer(*value) : builder.add_null();
  return std::move(builder).finish();
}

TEST(Table, IsEqualByNamesTypesAndValues) {
  const Column column = numbers("n", {1, {}, 3});
  EXPECT_EQ(column, numbers("n", {1, {}, 3}));
  EXPECT_EQ(column, numbers("n", {0, 1, {}, 3}).slice(1, 3));
  EXPECT_NE(column, numbers("m", {1, {}, 3}));
  EXPECT_NE(column, numbers("n", {1, {}}));
  EXPECT_NE(column, numbers("n", {1, {}, 4}));
  EXPECT_NE(column, numbers("n", {1, 0, 3}));
  EXPECT_NE(column, numbers("n", {{}, 1, 3}));
  for (const ColumnType type : {ColumnType::utf8, ColumnType::dictionary}) {
    const auto texts = [&](std::optional<std::string> second) {
      ColumnBuilder builder({"t", type});
      builder.add_text("a");
      second ? builder.add_text(*second) : builder.add_null();
      return std::move(builder).finish();
    };
    EXPECT_EQ(texts("b"), texts("b"));
    EXPECT_EQ(texts({}), texts({}));
    EXPECT_NE(texts("b"), texts("c"));
    EXPECT_NE(texts(""), texts({}));
  }
  ColumnBuilder none({"n", ColumnType::null});
  none.add_null();
  EXPECT_NE(numbers("n", {{}}), std::move(none).finish());

  const Table table({column, numbers("m", {4, 5, 6})});
  EXPECT_EQ(table, Table({column, numbers("m", {4, 5, 6})}));
  EXPECT_EQ(table, table.slice(0, 3));
  EXPECT_NE(table, table.slice(0, 2));
  EXPECT_NE(table, Table({numbers("m", {4, 5, 6}), column}));
  EXPECT_NE(table, Table({column}));
  EXPECT_EQ(Table(), Table());
}

TEST(ToTable, KeepsTheSchemaWithoutRecords) {
  EXPECT_EQ(to_table(std::vector<Artist>{}).schema()[2], (Field{"genres", ColumnType::json}));
  EXPECT_EQ(to_table(std::vector<Play>{}).row_count(), 0U);
}

}  // namespace
}  // namespace playmirror
