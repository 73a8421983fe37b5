/// \file
/// The JSON list in artists.genres, taken apart in SQL. `r` is the artist.
#pragma once

namespace playmirror::query {

/// The elements as rows, with SQLite's columns `value` and `type`. A text that is not a JSON list
/// has none: without the guard, json_each would fail the whole query, or read an object's members.
#define PLAYMIRROR_GENRE_ELEMENTS                  \
  "json_each(CASE WHEN json_valid(r.genres) THEN " \
  "CASE json_type(r.genres) WHEN 'array' THEN r.genres END END) AS element"

/// One `?`: a string of the list.
inline constexpr const char* kHasGenre = "EXISTS (SELECT 1 FROM " PLAYMIRROR_GENRE_ELEMENTS
                                         " WHERE element.type = 'text' AND element.value = ?)";

/// What jsonb_array_elements_text gives, and how often. An element that is null is left out, where
/// the server counts NULL; a nested list, an object and a number like 1e2, which are no genres, are
/// spelled SQLite's way.
inline constexpr const char* kGenreCounts =
    "SELECT CASE WHEN element.type IN ('true', 'false') THEN element.type "
    "ELSE CAST(element.value AS TEXT) END, count(*) "
    "FROM artists AS r, " PLAYMIRROR_GENRE_ELEMENTS
    " WHERE element.type <> 'null' GROUP BY 1 ORDER BY 2 DESC, 1";

#undef PLAYMIRROR_GENRE_ELEMENTS

}  // namespace playmirror::query
