// Connection strings: endpoints and options, or a refusal that repeats nothing of what was given.
// Nothing is looked up or connected to.

#include "sync/pg/conninfo.hpp"

#include <playmirror/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace playmirror::pg {
namespace {

/// A piece that no message of ours has by itself.
constexpr std::string_view kSecret = "s3cr3t!";

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view dsn) {
  try {
    const Target target = read_conninfo(dsn, {});
    require(!target.endpoints.empty());
    for (const Endpoint& endpoint : target.endpoints) {
      require(!endpoint.name().empty() && !endpoint.port.empty());
      // A password can be taken for a host by mistake of whoever wrote it; its odd letters betray
      // it.
      require(endpoint.is_unix_socket() || endpoint.name().find(kSecret) == std::string::npos);
      static_cast<void>(target.sslmode(endpoint, false));
    }
  } catch (const Error& error) {
    require(error.code() == ErrorCode::bad_connection_options);
    require((error.what() + error.hint()).find(kSecret) == std::string::npos);
  }
}

}  // namespace
}  // namespace playmirror::pg

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  playmirror::pg::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
