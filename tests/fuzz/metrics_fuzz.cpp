// Payloads of snapshots: what is read as ours is the same read again, and all others stay as they
// are.

#include <playmirror/error.hpp>
#include <playmirror/metrics.hpp>
#include <playmirror/records.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const playmirror::Snapshot snapshot{.metrics_payload =
                                          std::string(reinterpret_cast<const char*>(data), size)};
  try {
    const auto found = snapshot.metrics();
    const std::string& text = *snapshot.metrics_payload;
    if (const auto* raw = std::get_if<playmirror::RawMetrics>(&found)) {
      if (raw->text != text) std::abort();
    } else {
      const auto& metrics = std::get<playmirror::Metrics>(found);
      if (metrics.text != text || playmirror::Metrics::parse(text) != metrics) std::abort();
    }
  } catch (const playmirror::SchemaMismatch&) {
  }
  return 0;
}
