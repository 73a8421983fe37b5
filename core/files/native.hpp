#pragma once

#include <boost/filesystem.hpp>
#include <filesystem>
#include <string>

/// What the files of this folder share; no one else needs Boost.
namespace playmirror::files {

[[nodiscard]] inline boost::filesystem::path native(const std::filesystem::path& path) {
  return boost::filesystem::path(path.native());
}

/// Throws StorageError: "could not `doing`", for an errno.
[[noreturn]] void fail(int error, const std::string& doing);

}  // namespace playmirror::files
