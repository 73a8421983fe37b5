// Periods by name: what is taken has a name that means the same, and an end behind its start; so
// has the period before it.

#include <playmirror/error.hpp>
#include <playmirror/period.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace playmirror {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Period& period) {
  require(Period::parse(period.label()) == period);
  const Timestamp now = Timestamp::parse("2026-01-31T06:00:00Z");
  for (const char* zone : {"UTC", "America/St_Johns"}) {
    const Span span = period.resolve(zone, now);
    if (span.start && span.end) require(*span.start < *span.end);
  }
}

}  // namespace
}  // namespace playmirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace playmirror;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Period period = Period::parse(text);
    check(period);
    check(period.previous());
  } catch (const InvalidArgument&) {
  }
  return 0;
}
