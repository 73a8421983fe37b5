/// \file
/// The files of the system's zones, as RFC 8536 has them. The date library takes them as they are:
/// one that is damaged ends the process there, or is read beyond its end.
#pragma once

#include <string>
#include <string_view>

namespace playmirror {

/// Whether the content is that of a whole zone file whose parts fit together.
[[nodiscard]] bool is_zone_file(std::string_view content);

/// The content of the file of a zone, by the zone's name; empty when there is none.
[[nodiscard]] std::string read_zone_file(const std::string& name);

}  // namespace playmirror
