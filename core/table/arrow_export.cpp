/// Arrow's C data and stream interfaces. Each struct that is handed out owns what it points to, by
/// its private_data, and a share in the memory of its column.

#include "core/table/column_data.hpp"

#include <playmirror/arrow.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace playmirror {
namespace {

const char* format_of(ColumnType type) {
  switch (type) {
    case ColumnType::null:
      return "n";
    case ColumnType::boolean:
      return "b";
    case ColumnType::int64:
      return "l";
    case ColumnType::float64:
      return "g";
    case ColumnType::utf8:
    case ColumnType::json:
      return "U";
    case ColumnType::binary:
      return "Z";
    case ColumnType::date:
      return "tdD";
    case ColumnType::timestamp:
      return "tsu:UTC";
    case ColumnType::list:
      return "+L";
    case ColumnType::dictionary:
      return "i";
  }
  return "n";
}

/// Metadata as the interface wants it: native int32 counts and lengths before the bytes.
std::string extension_metadata(std::string_view name) {
  std::string bytes;
  const auto number = [&](std::size_t value) {
    const auto count = static_cast<std::int32_t>(value);
    bytes.append(reinterpret_cast<const char*>(&count), sizeof(count));
  };
  const auto text = [&](std::string_view value) {
    number(value.size());
    bytes += value;
  };
  number(2);
  text("ARROW:extension:name");
  text(name);
  text("ARROW:extension:metadata");
  text("");
  return bytes;
}

template <typename Struct>
void release_if_owned(Struct& exported) {
  if (exported.release != nullptr) exported.release(&exported);
}

/// The children and the dictionary of a schema or an array. A consumer may move one away by taking
/// its content and marking it as released.
template <typename Struct>
class Parts {
 public:
  explicit Parts(std::size_t children) : children_(children) {
    for (Struct& child : children_) pointers_.push_back(&child);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    for (Struct& child : children_) release_if_owned(child);
    release_if_owned(dictionary_);
  }

  [[nodiscard]] Struct** children() { return pointers_.empty() ? nullptr : pointers_.data(); }
  [[nodiscard]] std::int64_t count() const { return std::ssize(children_); }
  [[nodiscard]] Struct* child(std::size_t index) { return &children_[index]; }
  [[nodiscard]] Struct* dictionary() { return &dictionary_; }

 private:
  std::vector<Struct> children_;
  std::vector<Struct*> pointers_;
  Struct dictionary_ = {};
};

struct SchemaOwner {
  std::string name;
  std::string metadata;
  Parts<ArrowSchema> parts;

  static void release(ArrowSchema* schema) {
    delete static_cast<SchemaOwner*>(schema->private_data);
    schema->release = nullptr;
  }
};

void fill_schema(std::unique_ptr<SchemaOwner> owner, const char* format, bool nullable,
                 bool has_dictionary, ArrowSchema* out) {
  *out = {.format = format,
          .name = owner->name.c_str(),
          .metadata = owner->metadata.empty() ? nullptr : owner->metadata.data(),
          .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
          .n_children = owner->parts.count(),
          .children = owner->parts.children(),
          .dictionary = has_dictionary ? owner->parts.dictionary() : nullptr,
          .release = SchemaOwner::release,
          .private_data = owner.get()};
  static_cast<void>(owner.release());
}

void fill_schema(const Field& field, ArrowSchema* out) {
  const bool is_list = field.type == ColumnType::list;
  const bool is_dictionary = field.type == ColumnType::dictionary;
  std::unique_ptr<SchemaOwner> owner(new SchemaOwner{
      field.name, field.type == ColumnType::json ? extension_metadata("arrow.json") : "",
      Parts<ArrowSchema>(is_list ? 1 : 0)});
  if (is_list) fill_schema({"item", ColumnType::utf8}, owner->parts.child(0));
  if (is_dictionary) fill_schema({"", ColumnType::utf8}, owner->parts.dictionary());
  fill_schema(std::move(owner), format_of(field.type), /*nullable=*/true, is_dictionary, out);
}

struct ArrayOwner {
  std::shared_ptr<const Column::Data> data;
  std::array<const void*, 3> buffers;
  Parts<ArrowArray> parts;

  static void release(ArrowArray* array) {
    delete static_cast<ArrayOwner*>(array->private_data);
    array->release = nullptr;
  }
};

/// The part of an array that differs from kind to kind.
struct Shape {
  std::int64_t length = 0;
  std::int64_t null_count = 0;
  std::int64_t offset = 0;
  std::int64_t buffers = 0;
  bool has_dictionary = false;
};

void fill_array(std::unique_ptr<ArrayOwner> owner, const Shape& shape, ArrowArray* out) {
  *out = {.length = shape.length,
          .null_count = shape.null_count,
          .offset = shape.offset,
          .n_buffers = shape.buffers,
          .n_children = owner->parts.count(),
          .buffers = owner->buffers.data(),
          .children = owner->parts.children(),
          .dictionary = shape.has_dictionary ? owner->parts.dictionary() : nullptr,
          .release = ArrayOwner::release,
          .private_data = owner.get()};
  static_cast<void>(owner.release());
}

void fill_array(const std::shared_ptr<const Column::Data>& data, std::size_t offset,
                std::size_t length, std::size_t nulls, ArrowArray* out) {
  const ColumnType type = data->field.type;
  const bool is_list = type == ColumnType::list;
  const bool is_dictionary = type == ColumnType::dictionary;
  std::unique_ptr<ArrayOwner> owner(
      new ArrayOwner{data, {data->validity.get()}, Parts<ArrowArray>(is_list ? 1 : 0)});
  Shape shape{.length = static_cast<std::int64_t>(length),
              .null_count = static_cast<std::int64_t>(nulls),
              .offset = static_cast<std::int64_t>(offset),
              .buffers = type == ColumnType::null ? 0 : 2,
              .has_dictionary = is_dictionary};
  if (data->offsets) {
    owner->buffers[1] = data->offsets.get();
    owner->buffers[2] = data->values.get();
    shape.buffers = is_list ? 2 : 3;
  } else {
    owner->buffers[1] = data->values.get();
  }
  if (data->child) {
    ArrowArray* child = is_list ? owner->parts.child(0) : owner->parts.dictionary();
    fill_array(data->child, 0, data->child->size, 0, child);
  }
  fill_array(std::move(owner), shape, out);
}

struct StreamOwner {
  Table table;
  bool at_end = false;

  static StreamOwner& of(ArrowArrayStream* stream) {
    return *static_cast<StreamOwner*>(stream->private_data);
  }

  static int get_schema(ArrowArrayStream* stream, ArrowSchema* out);
  static int get_next(ArrowArrayStream* stream, ArrowArray* out);
  static const char* get_last_error(ArrowArrayStream*) { return "out of memory"; }
  static void release(ArrowArrayStream* stream) {
    delete &of(stream);
    stream->release = nullptr;
  }
};

}  // namespace

/// What reaches into a Column.
class ArrowExport {
 public:
  static void column(const Column& column, ArrowArray* out) {
    fill_array(column.data_, column.offset_, column.size_,
               column.null_count() + column.beyond_arrow(), out);
  }

  static void table(const Table& table, ArrowArray* out) {
    std::unique_ptr<ArrayOwner> owner(
        new ArrayOwner{nullptr, {}, Parts<ArrowArray>(table.columns().size())});
    std::size_t index = 0;
    for (const Column& each : table.columns()) column(each, owner->parts.child(index++));
    fill_array(std::move(owner),
               {.length = static_cast<std::int64_t>(table.row_count()), .buffers = 1}, out);
  }
};

namespace {

int StreamOwner::get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  try {
    export_schema(of(stream).table, out);
    return 0;
  } catch (const std::bad_alloc&) {  // nothing else can go wrong
    return ENOMEM;
  }
}

int StreamOwner::get_next(ArrowArrayStream* stream, ArrowArray* out) {
  StreamOwner& self = of(stream);
  try {
    if (self.at_end) {
      *out = {};
    } else {
      ArrowExport::table(self.table, out);
      self.at_end = true;
    }
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

}  // namespace

void export_stream(const Table& table, ArrowArrayStream* out) {
  auto owner = std::make_unique<StreamOwner>(StreamOwner{table});
  *out = {.get_schema = StreamOwner::get_schema,
          .get_next = StreamOwner::get_next,
          .get_last_error = StreamOwner::get_last_error,
          .release = StreamOwner::release,
          .private_data = owner.get()};
  static_cast<void>(owner.release());
}

void export_schema(const Table& table, ArrowSchema* out) {
  std::unique_ptr<SchemaOwner> owner(
      new SchemaOwner{"", "", Parts<ArrowSchema>(table.columns().size())});
  std::size_t index = 0;
  for (const Column& column : table.columns()) {
    fill_schema({column.name(), column.type()}, owner->parts.child(index++));
  }
  fill_schema(std::move(owner), "+s", /*nullable=*/false, /*has_dictionary=*/false, out);
}

void export_column(const Column& column, ArrowSchema* schema, ArrowArray* array) {
  fill_schema(Field{column.name(), column.type()}, schema);
  try {
    ArrowExport::column(column, array);
  } catch (...) {
    schema->release(schema);
    throw;
  }
}

}  // namespace playmirror
