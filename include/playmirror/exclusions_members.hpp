/// \file
/// The members of what exclusions.hpp declares.
#pragma once

#include <playmirror/exclusions.hpp>
#include <playmirror/members.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<ExclusionList> {
  static constexpr auto kName = "ExclusionList";
  static constexpr std::tuple kAll{
      Member{"name", &ExclusionList::name},
      Member{"track_ids", &ExclusionList::track_ids},
      Member{"artist_ids", &ExclusionList::artist_ids},
      Member{"contexts", &ExclusionList::contexts},
  };
};

}  // namespace playmirror
