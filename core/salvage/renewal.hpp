#pragma once

#include <playmirror/status.hpp>

#include <filesystem>

/// A new mirror in the place of a damaged file.
///
/// Four files: `music.db`, the damaged one; `music.db-new`, the new one while it is made;
/// `music.db-repaired`, the same once it is whole and on disk; `music.db.damaged-<time>`, what was
/// `music.db`. Whoever finds a `-repaired` finishes the exchange, so that a crash at any point
/// leaves the old file or the new one, and nothing of the outbox is lost in between. The caller
/// holds the writer lock, and this process has no connection to the file that is still needed.
namespace playmirror::salvage {

/// Gathers what can be read of the outbox, makes the new mirror with it, and exchanges the files.
/// Throws MirrorBusy while another process has the file open, and MirrorUnusable for a sound file
/// that is no mirror.
SalvageReport renew(const std::filesystem::path& file);

/// Whether the file holds nothing, or is not there, while the log beside it holds something: after
/// a copy that was cut short, or when the mirror was renamed or deleted after a crash. To SQLite
/// that is a new database, and the log goes when somebody opens it.
[[nodiscard]] bool is_log_alone(const std::filesystem::path& file);

/// Whether a renewal was cut short behind its last step but one.
[[nodiscard]] bool is_unfinished(const std::filesystem::path& file);

/// Finishes it, if it still is. Returns where the damaged file lies now.
std::filesystem::path finish(const std::filesystem::path& file);

}  // namespace playmirror::salvage
