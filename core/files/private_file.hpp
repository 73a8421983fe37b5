#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

/// All of playmirror's work on files and directories. Nothing else opens, creates or replaces one.
namespace playmirror::files {

/// The file with its directory resolved, so that only its last part can be a symbolic link.
[[nodiscard]] std::filesystem::path resolved(const std::filesystem::path& file);

/// Creates an empty file, mode 0600, that was not there before; parents are made with mode 0700.
/// False when it exists already. Throws StorageError.
bool create_private(const std::filesystem::path& file);

/// Refuses a file that is no regular file, has other names, or belongs to somebody else: throws
/// MirrorUnusable (`unsafe_file`). Changes nothing.
void refuse_unsafe(const std::filesystem::path& file);

/// Refuses a symbolic link and what is no regular file, likewise: enough for who only reads.
void refuse_irregular(const std::filesystem::path& file);

/// Takes away group's and others' rights on the file and its SQLite side files when there are any.
/// Only for a file that is known to be a mirror: anything else is not ours to change.
void make_private(const std::filesystem::path& file);

/// What tells two files apart, whatever their names. Nothing when there is no such file.
[[nodiscard]] std::optional<std::pair<std::uint64_t, std::uint64_t>> identity(
    const std::filesystem::path& file);

[[nodiscard]] bool exists(const std::filesystem::path& file);
[[nodiscard]] bool is_writable(const std::filesystem::path& file);
[[nodiscard]] std::int64_t size(const std::filesystem::path& file);  ///< bytes; 0 if absent

/// PLAYMIRROR_DB, else `playmirror/music.db` in XDG_DATA_HOME, else in ~/.local/share.
[[nodiscard]] std::filesystem::path default_mirror_path();

}  // namespace playmirror::files
