// Reads a mirror through Arrow's C stream interface, as any program that speaks Arrow could: it
// knows the three structs, and nothing of how playmirror keeps a table.
//
//   c++ -std=c++20 arrow.cpp $(pkg-config --cflags --libs playmirror-core) && ./a.out music.db

#include <playmirror/arrow.hpp>
#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <cstdint>
#include <iostream>
#include <string_view>

namespace {

/// Prints one column: its name, its Arrow format, how many values it has.
void describe(const ArrowSchema& schema, const ArrowArray& array) {
  std::cout << schema.name << " (" << schema.format << "): " << array.length - array.null_count
            << " values, " << array.null_count << " nulls\n";
}

/// The sum of an int64 column.
std::int64_t sum(const ArrowArray& array) {
  const auto* valid = static_cast<const std::uint8_t*>(array.buffers[0]);
  const auto* values = static_cast<const std::int64_t*>(array.buffers[1]);
  std::int64_t total = 0;
  for (std::int64_t i = array.offset; i < array.offset + array.length; ++i) {
    if (valid == nullptr || (valid[i / 8] >> (i % 8) & 1) != 0) total += values[i];
  }
  return total;
}

/// What a consumer does: take the schema, take the batches, release everything.
void consume(ArrowArrayStream& stream) {
  ArrowSchema schema;
  if (stream.get_schema(&stream, &schema) != 0) return;
  ArrowArray batch;
  while (stream.get_next(&stream, &batch) == 0 && batch.release != nullptr) {
    for (std::int64_t i = 0; i < batch.n_children; ++i) {
      describe(*schema.children[i], *batch.children[i]);
      if (schema.children[i]->name == std::string_view("listened_ms")) {
        std::cout << "  together " << sum(*batch.children[i]) << " ms\n";
      }
    }
    batch.release(&batch);
  }
  schema.release(&schema);
  stream.release(&stream);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: " << arguments[0] << " MIRROR\n";
    return 2;
  }
  try {
    auto mirror = playmirror::Mirror::open(arguments[1], {.create = false});
    ArrowArrayStream stream;
    playmirror::export_stream(mirror.plays().table(), &stream);
    mirror.close();  // the stream needs it no longer
    consume(stream);
  } catch (const playmirror::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
