// Timestamps, from text and from the server's eight bytes: what is taken comes back the same.

#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>
#include <playmirror/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace playmirror {
namespace {

void from_text(std::string_view text) {
  try {
    const Timestamp time = Timestamp::parse(text);
    if (Timestamp::parse(time.to_string()) != time) std::abort();
  } catch (const Error&) {
  }
  if (const auto micros = parse_postgres(text)) {
    char out[kPostgresTimeCapacity];
    if (std::string_view(out, format_postgres(*micros, out)) != text) std::abort();
  }
}

void from_micros(std::int64_t micros) {
  char out[kPostgresTimeCapacity];
  const std::string_view text(out, format_postgres(micros, out));
  if (is_postgres_time(micros) && parse_postgres(text) != micros) std::abort();
}

}  // namespace
}  // namespace playmirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  playmirror::from_text({reinterpret_cast<const char*>(data), size});
  std::int64_t micros = 0;
  if (size == sizeof micros) {
    std::memcpy(&micros, data, sizeof micros);
    playmirror::from_micros(micros);
  }
  return 0;
}
