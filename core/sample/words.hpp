// Names, titles and lyrics put together from lists of words.
#pragma once

#include "core/sample/random.hpp"

#include <string>

namespace playmirror::sample {

/// A band or a person; every tenth name is outside ASCII, some of them written right to left.
std::string artist_name(Random& random);

/// A title of one to five words, for a track or an album.
std::string title(Random& random);

/// About 2 kB of verses and a chorus, one line each.
std::string lyrics(Random& random);

/// One sentence about a song.
std::string summary(Random& random);

}  // namespace playmirror::sample
