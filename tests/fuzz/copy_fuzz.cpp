// The rows that a server sends, as binary COPY: the splitter takes the stream in pieces cut
// anywhere, and the reader decodes every row. Whatever the bytes: rows or a typed error, the same
// ones however the stream was cut.

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/row_reader.hpp"
#include "core/schema/layout.hpp"

#include <playmirror/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror {
namespace {

constexpr std::int64_t kFieldCap = 1 << 16;

const std::vector<schema::ColumnLayout>& columns() {
  static const std::vector<schema::ColumnLayout> kColumns = [] {
    std::vector<schema::ColumnLayout> made;
    for (const char* type : {"int4", "varchar", "timestamp", "bool", "float8", "json", "int8",
                             "float4", "jsonb", "timestamptz"}) {
      made.push_back({type, type, schema::kind_of(type), 0});
    }
    return made;
  }();
  return kColumns;
}

struct Outcome {
  std::string bytes;
  std::int64_t rows = 0;
  bool refused = false;
};

Outcome split(std::string_view stream, std::size_t piece) {
  ingest::CopySplitter splitter("fuzz", columns(), kFieldCap);
  ingest::RowBatch batch;
  Outcome outcome;
  try {
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      splitter.feed(stream.substr(at, piece), batch);
    }
    splitter.finish();
  } catch (const Error&) {
    outcome.refused = true;
  }
  outcome.bytes = batch.bytes;
  outcome.rows = batch.rows;
  return outcome;
}

void read(const Outcome& outcome) {
  ingest::RowReader reader(outcome.bytes, columns());
  std::int64_t rows = 0;
  try {
    while (reader.next()) {
      ++rows;
      for (std::size_t field = 0; field < reader.size(); ++field) {
        static_cast<void>(reader.key_text(field));
      }
    }
  } catch (const Error&) {
    return;
  }
  if (rows != outcome.rows) std::abort();
}

}  // namespace
}  // namespace playmirror

/// The first byte says how the stream is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = playmirror::split(stream, stream.size() + 1);
  const auto pieces = playmirror::split(stream, 1 + data[0] % 64U);
  // Up to where the stream was refused, a piece may have given out rows that the whole did not.
  if (whole.refused != pieces.refused) std::abort();
  if (!whole.refused && whole.bytes != pieces.bytes) std::abort();
  playmirror::read(whole);
  playmirror::read(pieces);
  return 0;
}
