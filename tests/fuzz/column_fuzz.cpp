// The columns of plays, as a damaged or a hostile file may hold them behind a checksum that fits:
// values that encode back to the same meaning, or `damaged`.

#include "core/columns/bit_packing.hpp"
#include "core/columns/column_codec.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::columns {
namespace {

constexpr std::uint64_t kCodes = 1000;

void require(bool holds) {
  if (!holds) std::abort();
}

void listened(std::string_view bytes, std::size_t size) {
  const ListenedColumn column = decode_listened(bytes, size);
  // Each mark has its value, else Batch::listened() would look for one behind the end.
  require(std::ranges::count(column.values, kWideListenedMs) ==
          static_cast<std::ptrdiff_t>(column.wide.size()));
  const ListenedColumn again =
      decode_listened(encode_listened(column.values, column.wide), column.values.size());
  require(again.values == column.values && again.wide == column.wide);
}

void codes(std::string_view bytes, std::size_t size) {
  const auto values = decode_codes(bytes, size, kCodes);
  require(std::ranges::all_of(values, [](std::uint32_t code) { return code < kCodes; }));
  require(decode_codes(encode_codes(values), size, kCodes) == values);
}

void skipped(std::string_view bytes, std::size_t size) {
  const auto values = decode_skipped(bytes, size);
  require(std::ranges::all_of(
      values, [](std::int8_t flag) { return flag >= kSkipUnknown && flag <= kSkipped; }));
  require(decode_skipped(encode_skipped(values), size) == values);
}

void decode(std::uint8_t which, std::string_view bytes, std::size_t size) {
  switch (which % 6) {
    case 0: {
      const auto times = decode_times(bytes, size);
      require(decode_times(encode_times(times), size) == times);
      break;
    }
    case 1: {
      const PackedIds packed(std::string(bytes), size);
      std::vector<std::int64_t> single;
      for (std::size_t row = 0; row < size; ++row) single.push_back(packed[row]);
      const auto ids = decode_ids(bytes, size);
      require(single == ids && decode_ids(encode_ids(ids), size) == ids);
      break;
    }
    case 2:
      codes(bytes, size);
      break;
    case 3:
      listened(bytes, size);
      break;
    case 4:
      skipped(bytes, size);
      break;
    default: {
      const auto totals = decode_totals(bytes);
      require(decode_totals(encode_totals(totals)) == totals);
    }
  }
}

void try_decode(std::uint8_t which, std::string_view bytes, std::size_t size) {
  try {
    decode(which, bytes, size);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged);
  }
}

}  // namespace
}  // namespace playmirror::columns

/// The first byte says which column it is, the next two how many plays; the rest is sealed, and
/// tried as it is as well.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHead = 3;
  if (size < kHead) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + kHead, size - kHead);
  const std::size_t plays = std::size_t{data[1]} | std::size_t{data[2]} << 8;
  playmirror::columns::try_decode(data[0], rest, plays);
  playmirror::columns::try_decode(data[0], playmirror::columns::sealed(std::string(rest)), plays);
  return 0;
}
