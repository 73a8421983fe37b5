#pragma once

#include <playmirror/export.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What statistics shall leave out, kept in the mirror under a name: children's songs, white noise.
namespace playmirror {

class MirrorState;

/// One such list. Plays of these tracks, of tracks that credit one of these artists, and from these
/// contexts are left out by a StatsFilter that names the list.
struct ExclusionList {
  std::string name = {};
  std::vector<std::string> track_ids = {};   ///< in order, each once
  std::vector<std::string> artist_ids = {};  ///< likewise
  std::vector<std::string> contexts = {};    ///< likewise

  friend bool operator==(const ExclusionList&, const ExclusionList&) = default;
};

/// The lists of one mirror. They stay in its file: the server has no place for them. Cheap to copy,
/// safe to share between threads.
class PLAYMIRROR_EXPORT Exclusions {
 public:
  explicit Exclusions(std::shared_ptr<MirrorState> state) noexcept;
  Exclusions(const Exclusions&) noexcept = default;  // also when moved: none is without its mirror
  Exclusions& operator=(const Exclusions&) noexcept = default;

  [[nodiscard]] std::optional<ExclusionList> find(std::string_view name) const;  ///< by name
  [[nodiscard]] std::vector<ExclusionList> list() const;  ///< in order of name

  /// Keeps the list, in the place of one that has its name. Ids need not be known to the mirror.
  /// Throws InvalidArgument for a list without a name or with nothing in it, and for text that is
  /// not UTF-8 or holds NUL; MirrorBusy; StorageError.
  void set(const ExclusionList& exclusions) const;

  /// Throws InvalidArgument when there is no list of that name; MirrorBusy; StorageError.
  void remove(std::string_view name) const;

 private:
  std::shared_ptr<MirrorState> state_;
};

}  // namespace playmirror
