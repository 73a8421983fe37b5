#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Putting one file in the place of another.
namespace playmirror::files {

/// Gives the file another name, durably, in place of what had that name. Throws StorageError.
void move(const std::filesystem::path& from, const std::filesystem::path& to);

/// Durable if move() follows. Nothing happens to a file that is not there.
void remove(const std::filesystem::path& file);

/// A copy of mode 0600, in place of what had that name.
void copy_private(const std::filesystem::path& from, const std::filesystem::path& to);

/// Writes over the beginning of a file.
void overwrite_start(const std::filesystem::path& file, std::string_view bytes);

/// Makes a file so many bytes long, the new ones zero. A longer one stays as it is.
void lengthen(const std::filesystem::path& file, std::int64_t bytes);

/// The first bytes of a file: fewer if it is shorter, none if it cannot be read.
[[nodiscard]] std::string read_start(const std::filesystem::path& file, std::size_t bytes);

/// The files of the directory of `file` whose names begin with its own and then `suffix`.
[[nodiscard]] std::vector<std::filesystem::path> named_after(const std::filesystem::path& file,
                                                             std::string_view suffix);

/// When the file was last written, in seconds since 1970.
[[nodiscard]] std::int64_t written_at(const std::filesystem::path& file);

/// The id of another process that has this SQLite database open; nothing when there is none. This
/// process must not have a connection to it that is still needed: POSIX takes its locks away.
[[nodiscard]] std::optional<std::int64_t> other_user(const std::filesystem::path& file);

}  // namespace playmirror::files
