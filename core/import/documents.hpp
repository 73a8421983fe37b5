#pragma once

#include "core/import/byte_source.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace playmirror::import {

/// One thing to read: a file, or a member of an archive. Archives are read in place: nothing of
/// them is ever written anywhere, whatever names their members have.
struct Document {
  std::string name = {};
  std::function<std::unique_ptr<ByteSource>()> open = {};  ///< throws ReadProblem
  std::string problem = {};  ///< why there is nothing to open; else empty
};

/// What lies in these files, in order of name: zip archives give their members, directories the
/// files below them; links to directories are not followed. Calls `tick` for each file, which may
/// throw. Throws InvalidArgument for a path that does not exist.
[[nodiscard]] std::vector<Document> documents(const std::vector<std::filesystem::path>& files,
                                              const std::function<void()>& tick);

}  // namespace playmirror::import
