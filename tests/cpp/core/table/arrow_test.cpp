// The structs of Arrow's C interfaces as their specification wants them: layout, ownership,
// release.

#include <playmirror/arrow.hpp>
#include <playmirror/column_builder.hpp>

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror {
namespace {

Column texts(const std::string& name, ColumnType type) {
  ColumnBuilder builder({name, type});
  builder.add_text("one");
  builder.add_null();
  builder.add_text("three");
  return std::move(builder).finish();
}

Column nothing(const std::string& name, ColumnType type) {
  ColumnBuilder builder({name, type});
  for (int i = 0; i < 3; ++i) builder.add_null();
  return std::move(builder).finish();
}

Table every_type() {
  return Table({texts("utf8", ColumnType::utf8), texts("json", ColumnType::json),
                texts("dictionary", ColumnType::dictionary), nothing("null", ColumnType::null),
                nothing("boolean", ColumnType::boolean), nothing("int64", ColumnType::int64),
                nothing("float64", ColumnType::float64), nothing("binary", ColumnType::binary),
                nothing("date", ColumnType::date), nothing("timestamp", ColumnType::timestamp),
                nothing("list", ColumnType::list)});
}

TEST(Arrow, DescribesEveryType) {
  ArrowSchema schema;
  export_schema(every_type(), &schema);
  EXPECT_STREQ(schema.format, "+s");
  const std::vector<std::string> formats{"U", "U", "i",   "n",       "b", "l",
                                         "g", "Z", "tdD", "tsu:UTC", "+L"};
  ASSERT_EQ(schema.n_children, std::ssize(formats));
  for (std::size_t i = 0; i < formats.size(); ++i) {
    EXPECT_EQ(schema.children[i]->format, formats[i]);
    EXPECT_EQ(schema.children[i]->flags, ARROW_FLAG_NULLABLE);
  }
  ASSERT_NE(schema.children[2]->dictionary, nullptr);
  EXPECT_STREQ(schema.children[2]->dictionary->format, "U");
  ASSERT_EQ(schema.children[10]->n_children, 1);
  EXPECT_STREQ(schema.children[10]->children[0]->name, "item");

  std::int32_t pairs = 0;
  std::memcpy(&pairs, schema.children[1]->metadata, sizeof(pairs));
  EXPECT_EQ(pairs, 2);
  EXPECT_EQ(std::string_view(schema.children[1]->metadata + 8, 20), "ARROW:extension:name");
  EXPECT_EQ(std::string_view(schema.children[1]->metadata + 32, 10), "arrow.json");
  EXPECT_EQ(schema.children[0]->metadata, nullptr);

  schema.release(&schema);
  EXPECT_EQ(schema.release, nullptr);
}

TEST(Arrow, StreamsOneBatchAndThenTheEnd) {
  ArrowArrayStream stream;
  {
    const Table gone = every_type();
    export_stream(gone, &stream);
  }
  ArrowArray batch;
  ASSERT_EQ(stream.get_next(&stream, &batch), 0);
  ArrowArray end;
  ASSERT_EQ(stream.get_next(&stream, &end), 0);
  EXPECT_EQ(end.release, nullptr);
  stream.release(&stream);
  EXPECT_EQ(stream.release, nullptr);

  // The batch needs neither the table nor the stream.
  EXPECT_EQ(batch.length, 3);
  const ArrowArray& text = *batch.children[0];
  EXPECT_EQ(text.n_buffers, 3);
  EXPECT_EQ(text.null_count, 1);
  EXPECT_EQ(*static_cast<const std::uint8_t*>(text.buffers[0]) & 7, 5);
  const auto* offsets = static_cast<const std::int64_t*>(text.buffers[1]);
  EXPECT_EQ(std::vector(offsets, offsets + 4), (std::vector<std::int64_t>{0, 3, 3, 8}));
  EXPECT_EQ(std::string_view(static_cast<const char*>(text.buffers[2]), 8), "onethree");
  EXPECT_EQ(batch.children[3]->n_buffers, 0);
  EXPECT_EQ(batch.children[2]->dictionary->length, 2);
  batch.release(&batch);
  EXPECT_EQ(batch.release, nullptr);
}

TEST(Arrow, LetsAChildBeMovedAway) {
  ArrowArrayStream stream;
  export_stream(every_type(), &stream);
  ArrowArray batch;
  ArrowSchema schema;
  ASSERT_EQ(stream.get_next(&stream, &batch), 0);
  ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
  ArrowArray moved = *batch.children[2];
  batch.children[2]->release = nullptr;
  ArrowSchema type = *schema.children[2];
  schema.children[2]->release = nullptr;
  batch.release(&batch);
  schema.release(&schema);
  stream.release(&stream);
  EXPECT_STREQ(type.name, "dictionary");
  const auto* offsets = static_cast<const std::int64_t*>(moved.dictionary->buffers[1]);
  EXPECT_EQ(offsets[2], 8);
  moved.release(&moved);
  type.release(&type);
}

TEST(Arrow, SharesTheMemoryOfAColumnAndOfItsParts) {
  ColumnBuilder builder({"n", ColumnType::int64});
  for (std::int64_t i = 0; i < 100; ++i) i % 10 == 0 ? builder.add_null() : builder.add_integer(i);
  const Column column = std::move(builder).finish();
  ArrowSchema schema;
  ArrowArray array;
  export_column(column.slice(5, 50), &schema, &array);
  EXPECT_EQ(array.buffers[1], column.integers().data());
  EXPECT_EQ(array.offset, 5);
  EXPECT_EQ(array.length, 50);
  EXPECT_EQ(array.null_count, 5);
  EXPECT_STREQ(schema.name, "n");
  array.release(&array);
  schema.release(&schema);
}

TEST(Arrow, ExportsTablesWithoutRowsAndWithoutColumns) {
  for (const Table& table : {Table(), every_type().slice(0, 0), every_type().slice(3, 0)}) {
    ArrowArrayStream stream;
    export_stream(table, &stream);
    ArrowSchema schema;
    ArrowArray batch;
    ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
    ASSERT_EQ(stream.get_next(&stream, &batch), 0);
    EXPECT_EQ(batch.length, 0);
    EXPECT_EQ(batch.n_children, schema.n_children);
    batch.release(&batch);
    schema.release(&schema);
    stream.release(&stream);
  }
}

}  // namespace
}  // namespace playmirror
