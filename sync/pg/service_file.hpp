#pragma once

#include <string>

namespace playmirror::pg {

/// Whether the service's section of the user's service file (PGSERVICEFILE, else
/// ~/.pg_service.conf) or of the one in PGSYSCONFDIR sets `keyword`. libpq merges the file into its
/// options and does not tell an option chosen there from its own default, which for sslmode makes a
/// difference.
[[nodiscard]] bool service_sets(const std::string& service, const std::string& keyword);

}  // namespace playmirror::pg
