#include "core/sample/track_text.hpp"

#include "core/sample/words.hpp"

#include <cstdio>

namespace playmirror::sample {
namespace {

using namespace std::chrono;

constexpr std::uint32_t kTracksPerAlbum = 11;
constexpr std::uint32_t kArtistWithComma = 6;

// Two-letter codes of the markets that Spotify serves.
constexpr std::string_view kMarkets =
    "ADAEAGALAMAOARATAUAZBABBBDBEBFBGBHBIBJBNBOBRBSBTBWBYBZCACDCGCHCICLCMCOCRCVCWCYCZDEDJDKDMDODZ"
    "ECEEEGESETFIFJFMFRGAGBGDGEGHGMGNGQGRGTGWGYHKHNHRHTHUIDIEILINIQISITJMJOJPKEKGKHKIKMKNKRKWKZLA"
    "LBLCLILKLRLSLTLULVLYMAMCMDMEMGMHMKMLMNMOMRMTMUMVMWMXMYMZNANENGNINLNONPNRNZOMPAPEPGPHPKPLPRPS"
    "PTPWPYQARORWSASBSCSESGSISKSLSMSNSRSTSVSZTDTGTHTJTLTNTOTRTTTVTWTZUAUGUSUYUZVCVEVNVUWSXKZAZMZW";

constexpr std::size_t kMarketCount = kMarkets.size() / 2;

/// `count` markets in a row, as a JSON array; most answers list nearly all of them.
std::string markets(Random& random, std::size_t count) {
  const std::size_t first = random.below(kMarketCount - count + 1);
  std::string json = "[";
  for (std::size_t i = first; i < first + count; ++i) {
    if (i > first) json += ", ";
    json += '"';
    json += kMarkets.substr(2 * i, 2);
    json += '"';
  }
  return json + "]";
}

/// The members that every Spotify object has: where it is found on the web, and what it is.
void write_links(JsonText& json, std::string_view type, std::string_view id) {
  const std::string kind(type);
  const std::string name(id);
  json.key("external_urls").open_object();
  json.member("spotify", "https://open.spotify.com/" + kind + "/" + name).close_object();
  json.member("href", "https://api.spotify.com/v1/" + kind + "s/" + name);
  json.member("id", id);
  json.member("type", type);
  json.member("uri", "spotify:" + kind + ":" + name);
}

void write_artists(const Plan& plan, const Catalogue& catalogue,
                   std::span<const std::uint32_t> artists, JsonText& json) {
  json.key("artists").open_array();
  for (const std::uint32_t artist : artists) {
    json.open_object();
    write_links(json, "artist", catalogue.artists[artist].id.view());
    json.member("name", artist_name(plan, artist)).close_object();
  }
  json.close_array();
}

void write_album(const Plan& plan, const Catalogue& catalogue, std::uint32_t main_artist,
                 const Album& album, std::size_t market_count, Random& random, JsonText& json) {
  json.key("album").open_object().member("album_type", album.total_tracks < 4 ? "single" : "album");
  write_artists(plan, catalogue, std::span(&main_artist, 1), json);
  json.key("available_markets").verbatim(markets(random, market_count));
  write_links(json, "album", album.id.view());
  json.key("images").open_array();
  for (const std::int64_t size : {640, 300, 64}) {
    json.open_object().member("height", size).member("url", album.image_url);
    json.member("width", size).close_object();
  }
  json.close_array().member("name", album.name).member("release_date", album.release_date());
  json.member("release_date_precision", album.precision).member("total_tracks", album.total_tracks);
  // Some endpoints send the full album, with its other tracks.
  if (album.total_tracks > 8 && random.chance(500)) {
    json.member("label", title(random) + " Records").key("tracks").open_object();
    json.key("items").open_array();
    for (std::int64_t i = 0, count = random.between(3, 8); i < count; ++i) {
      json.open_object();
      write_links(json, "track", SpotifyId(random).view());
      json.member("name", title(random)).member("track_number", i + 1).close_object();
    }
    json.close_array().close_object();
  }
  json.close_object();
}

/// The id of a recording, such as DEUM71703429; no two recordings have the same digits.
std::string isrc(const Plan& plan, std::uint32_t recording) {
  constexpr std::array<std::string_view, 6> kRegistrants = {"USUM7", "GBAYE", "DEUM7",
                                                            "SEYOK", "FRZ03", "QZES8"};
  Random random(plan.seed, Stream::isrc, recording);
  const std::uint64_t shuffled = (std::uint64_t{recording} * 7'368'787 + 1'703'429) % 10'000'000;
  const std::string digits = std::to_string(10'000'000 + shuffled);
  return std::string(random.pick(kRegistrants)) + digits.substr(1);
}

Random album_random(const Plan& plan, const Catalogue& catalogue, std::uint32_t track) {
  const std::uint64_t artist = catalogue.main_artist(track);
  const std::uint64_t number = catalogue.tracks[track].place_in_artist / kTracksPerAlbum;
  return Random(plan.seed, Stream::album, artist << 24 | number);
}

}  // namespace

std::string Album::release_date() const {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%04d-%02u-%02u", static_cast<int>(released.year()),
                static_cast<unsigned>(released.month()), static_cast<unsigned>(released.day()));
  return std::string(digits, precision == "day" ? 10 : precision == "month" ? 7 : 4);
}

std::string artist_name(const Plan& plan, std::uint32_t artist) {
  if (artist == kArtistWithComma) return "Marlowe, The Lighthouse";
  Random random(plan.seed, Stream::artist_name, artist);
  return artist_name(random);
}

std::string display_artist(const Plan& plan, const Catalogue& catalogue, const Track& track) {
  std::string names;
  for (const std::uint32_t artist : catalogue.credits_of(track)) {
    if (!names.empty()) names += ", ";
    names += artist_name(plan, artist);
  }
  return names;
}

std::string track_name(const Plan& plan, const Track& track) {
  Random random(plan.seed, Stream::track_name, track.recording);
  return title(random);
}

std::string playlist_id(const Plan& plan, std::uint32_t number) {
  Random random(plan.seed, Stream::playlist, number);
  return std::string(SpotifyId(random).view());
}

SpotifyId album_id_of(const Plan& plan, const Catalogue& catalogue, std::uint32_t track) {
  Random random = album_random(plan, catalogue, track);
  return SpotifyId(random);
}

Album album_of(const Plan& plan, const Catalogue& catalogue, std::uint32_t track) {
  Random random = album_random(plan, catalogue, track);
  Album album{.id = SpotifyId(random)};
  album.name = title(random);
  // Recent years are the most likely ones; a few albums are from the fifties.
  const std::int64_t age = std::min(random.log_normal(9, 80'000), std::int64_t{70});
  const month in_month{static_cast<unsigned>(random.between(1, 10))};
  const day on_day{static_cast<unsigned>(random.between(1, 28))};
  album.released = year{2026 - static_cast<int>(age)} / in_month / on_day;
  album.precision = age < 25 || random.chance(500) ? "day" : random.chance(300) ? "month" : "year";
  album.image_url = image_url(random);
  album.total_tracks = static_cast<std::int32_t>(random.chance(250) ? 1 : random.between(4, 18));
  return album;
}

void write_raw_data(const Plan& plan, const Catalogue& catalogue, std::uint32_t track,
                    std::string_view name, const Album& album, std::int32_t popularity,
                    JsonText& json) {
  const Track& facts = catalogue.tracks[track];
  Random random(plan.seed, Stream::raw_data, track);
  const std::size_t market_count = kMarketCount - random.below(random.chance(700) ? 15 : 90);
  json.open_object();
  write_album(plan, catalogue, catalogue.main_artist(track), album, market_count, random, json);
  write_artists(plan, catalogue, catalogue.credits_of(facts), json);
  json.key("available_markets").verbatim(markets(random, market_count));
  json.member("disc_number", 1).member("duration_ms", facts.duration_ms);
  json.key("explicit").boolean(random.chance(200));
  json.key("external_ids").open_object().member("isrc", isrc(plan, facts.recording)).close_object();
  write_links(json, "track", facts.id.view());
  json.key("is_local").boolean(false).member("name", name).member("popularity", popularity);
  json.key("preview_url").null();
  json.member("track_number", 1 + facts.place_in_artist % kTracksPerAlbum).close_object();
}

std::string hex(Random& random, int digits) {
  std::string text;
  for (int i = 0; i < digits; ++i) text += "0123456789abcdef"[random.below(16)];
  return text;
}

std::string image_url(Random& random) {
  return "https://i.scdn.co/image/ab67616d0000b273" + hex(random, 24);
}

}  // namespace playmirror::sample
