// Zip archives, and whatever else lies in a folder: the members of one are read to their end, or to
// a problem with that member.

#include "core/import/documents.hpp"
#include "core/import/read_problem.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <unistd.h>

namespace playmirror::import {
namespace {

/// A file of this process, in memory where the system has that. Gone at its end.
class InputFile {
 public:
  InputFile() {
    std::error_code error;
    const std::filesystem::path memory = "/dev/shm";
    path_ = std::filesystem::is_directory(memory, error) ? memory
                                                         : std::filesystem::temp_directory_path();
    path_ /= "playmirror-archive-fuzz-" + std::to_string(::getpid());
  }
  ~InputFile() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& write(const char* bytes, std::size_t size) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(bytes, static_cast<std::streamsize>(size));
    return path_;
  }

 private:
  std::filesystem::path path_;
};

/// What a few kilobytes can unpack to, and some more.
constexpr std::size_t kMost = 64 << 20;

void read_all(const Document& document) {
  if (!document.open) {
    if (document.problem.empty()) std::abort();
    return;
  }
  std::array<char, 1 << 16> room;
  std::size_t bytes = 0;
  try {
    const auto source = document.open();
    while (const std::size_t got = source->read(room)) {
      if (got > room.size()) std::abort();
      bytes += got;
      if (bytes > kMost) return;
    }
  } catch (const ReadProblem& problem) {
    if (std::string(problem.what()).empty()) std::abort();
  }
}

}  // namespace
}  // namespace playmirror::import

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const playmirror::import::InputFile file;
  const auto& path = file.write(reinterpret_cast<const char*>(data), size);
  for (const auto& document : playmirror::import::documents({path}, [] {})) {
    playmirror::import::read_all(document);
  }
  return 0;
}
