// The image of a recorded row, as a damaged or a foreign file may hold it: a row that encodes back
// to the same bytes' meaning, or `damaged`.

#include "core/outbox/row_image.hpp"

#include <playmirror/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace playmirror;
  try {
    const outbox::RowImage image = outbox::decode({reinterpret_cast<const char*>(data), size});
    if (outbox::decode(outbox::encode(image)) != image) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) std::abort();
  }
  return 0;
}
