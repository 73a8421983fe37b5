// Looks into pg_service.conf the way libpq does: the first file that has the section decides.
// https://www.postgresql.org/docs/current/libpq-pgservice.html

#include "sync/pg/service_file.hpp"

#include "core/text/trimmed.hpp"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string_view>

namespace playmirror::pg {
namespace {

/// Whether the section sets the keyword; empty when the file has no such section.
std::optional<bool> section_sets(const std::string& file, const std::string& service,
                                 const std::string& keyword) {
  std::ifstream lines(file);
  std::optional<bool> sets;
  for (std::string read; std::getline(lines, read);) {
    const std::string_view line = text::trimmed(read);
    if (line.starts_with('[')) {
      if (sets) break;
      if (line == '[' + service + ']') sets = false;
    } else if (sets && line.starts_with(keyword + '=')) {
      sets = true;
    }
  }
  return sets;
}

std::string from_environment(const char* variable, const char* file) {
  const char* value = std::getenv(variable);
  return value != nullptr ? std::string(value) + file : std::string();
}

}  // namespace

bool service_sets(const std::string& service, const std::string& keyword) {
  std::string users = from_environment("PGSERVICEFILE", "");
  if (users.empty()) users = from_environment("HOME", "/.pg_service.conf");
  for (const std::string& file : {users, from_environment("PGSYSCONFDIR", "/pg_service.conf")}) {
    if (const std::optional<bool> sets = section_sets(file, service, keyword)) return *sets;
  }
  return false;
}

}  // namespace playmirror::pg
