#include "core/sample/words.hpp"

#include <array>
#include <string_view>

namespace playmirror::sample {
namespace {

using Word = std::string_view;

constexpr std::array<Word, 48> kNouns = {
    "river",   "window",  "satellite", "garden",  "engine",   "harbour",  "mirror",    "thunder",
    "letter",  "avenue",  "shadow",    "signal",  "orchard",  "ocean",    "ladder",    "velvet",
    "winter",  "machine", "lantern",   "desert",  "feather",  "station",  "cathedral", "comet",
    "island",  "rooftop", "hunter",    "sparrow", "carousel", "valley",   "kitchen",   "bridge",
    "morning", "highway", "pillow",    "circus",  "meadow",   "theatre",  "balcony",   "tide",
    "planet",  "candle",  "stranger",  "dancer",  "captain",  "daughter", "summer",    "ghost"};
constexpr std::array<Word, 32> kAdjectives = {
    "silver", "broken", "golden",  "quiet",   "electric", "hollow", "endless", "crooked",
    "gentle", "paper",  "distant", "wild",    "frozen",   "young",  "crimson", "second",
    "lonely", "bright", "little",  "burning", "northern", "secret", "tired",   "slow",
    "lucky",  "blue",   "empty",   "strange", "honest",   "early",  "holy",    "last"};
constexpr std::array<Word, 24> kVerbs = {
    "follow",  "remember", "carry",  "forgive", "leave", "believe", "hold",  "lose",
    "promise", "chase",    "borrow", "wake",    "call",  "know",    "find",  "break",
    "need",    "watch",    "hear",   "dream",   "miss",  "paint",   "trust", "want"};
constexpr std::array<Word, 24> kFirstNames = {
    "Anna", "Marcus", "Lena",  "Theo",   "Ida",   "Jonas", "Clara",  "Felix",
    "Nora", "Samuel", "Greta", "Victor", "Alma",  "Bruno", "Edith",  "Hugo",
    "Ines", "Karl",   "Mira",  "Otto",   "Paula", "Rosa",  "Tobias", "Zara"};
constexpr std::array<Word, 24> kLastNames = {
    "Hartmann", "Okafor", "Lindqvist", "Moreau", "Castell",  "Whitlock", "Varga",     "Brandt",
    "Sorensen", "Keller", "Ferreira",  "Novak",  "Adeyemi",  "Holloway", "Petrov",    "Larkin",
    "Marsh",    "Tanaka", "Weiss",     "Duarte", "Fontaine", "Grau",     "Hollander", "Quill"};
constexpr std::array<Word, 20> kForeignArtists = {
    "Jürgen Müßiggang", "Sigríður Ösp",  "Les Élèves Oubliés", "Zażółć Gęślą",
    "Dvořák & Šťastný", "Мария Волкова", "Тихий Океан",        "Ξένια Παπαδάκη",
    "東京ナイトライン", "夜明けの灯台",  "月亮码头",           "서울의 새벽",
    "فرقة النور",       "ليلى الحداد",   "להקת הים התיכון",    "נועה בן־דוד",
    "สายลมเหนือ",        "ÆØÅ",           "naïve café ☕",       "🌙 Lunar Kids 🌙"};
constexpr std::array<Word, 14> kForeignTitles = {"Über den Dächern", "Für immer jung geblieben",
                                                 "Où sont les étés", "Corazón de papel",
                                                 "São João à noite", "Последний поезд",
                                                 "Καλοκαίρι",        "雨の交差点",
                                                 "星空咖啡馆",       "첫눈",
                                                 "ليل المدينة",      "שיר הערש",
                                                 "Noční vlak",       "💔 (interlude)"};
constexpr std::array<Word, 6> kTitleEndings = {
    " (Remastered 2011)", " - Live", " (Acoustic)", " - Radio Edit", " (Bonus Track)", ", Pt. 2"};

// In patterns: %n a noun, %v a verb, %a an adjective; %N, %V and %A the same with a capital; %F and
// %L a person's names.
constexpr std::array<Word, 6> kArtistPatterns = {"The %A %Ns", "%A %N", "%N & the %Ns",
                                                 "%F %N",      "%F %L", "%F %L"};
constexpr std::array<Word, 16> kTitlePatterns = {
    "%N",        "%N",       "%V Me",  "%V Me",     "%V the %N",          "The %N and the %N",
    "%A %N",     "%A %N",    "%A %N",  "%A %N",     "Don't %V the %A %N", "%F's %N",
    "%N of %Ns", "My %A %N", "%A %Ns", "%V, %V, %V"};
constexpr std::array<Word, 8> kLinePatterns = {
    "I %v the %a %n in the %n",  "And you %v every %n, every %n",
    "Don't %v me by the %a %n",  "Oh, %a %n, won't you %v me tonight?",
    "We %v, we %v, we %v again", "There's a %n where the %n used to be",
    "%A \"%n\", %a %n",          "They %v the %n — so %a"};
constexpr Word kSummaryPattern = "The narrator cannot %v a %a %n and learns to %v the %n instead.";

Word draw_word(char kind, Random& random) {
  switch (kind) {
    case 'n':
      return random.pick(kNouns);
    case 'v':
      return random.pick(kVerbs);
    case 'a':
      return random.pick(kAdjectives);
    case 'f':
      return random.pick(kFirstNames);
    default:
      return random.pick(kLastNames);
  }
}

/// Fills in a pattern from left to right. (Joining drawn words with + would leave the order of the
/// draws, and so the text, to the compiler.)
void append_filled(std::string& text, Word pattern, Random& random) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      text += pattern[i];
      continue;
    }
    const char letter = pattern[++i];
    const bool capital = letter >= 'A' && letter <= 'Z';
    const Word word = draw_word(capital ? static_cast<char>(letter + 'a' - 'A') : letter, random);
    text += capital && word[0] >= 'a' ? static_cast<char>(word[0] + 'A' - 'a') : word[0];
    text += word.substr(1);
  }
}

std::string filled(Word pattern, Random& random) {
  std::string text;
  append_filled(text, pattern, random);
  return text;
}

std::string stanza(Random& random, int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) {
    append_filled(text, random.pick(kLinePatterns), random);
    text += '\n';
  }
  text += '\n';
  return text;
}

}  // namespace

std::string artist_name(Random& random) {
  if (random.chance(100)) return std::string(random.pick(kForeignArtists));
  return filled(random.pick(kArtistPatterns), random);
}

std::string title(Random& random) {
  std::string text(random.chance(60) ? random.pick(kForeignTitles) : random.pick(kTitlePatterns));
  text = filled(text, random);
  if (random.chance(80)) text += random.pick(kTitleEndings);
  return text;
}

std::string lyrics(Random& random) {
  const std::string chorus = "[Chorus]\n" + stanza(random, 6);
  const auto verses = random.between(2, 5);
  std::string text;
  for (std::int64_t verse = 1; verse <= verses; ++verse) {
    text += "[Verse ";
    text += std::to_string(verse);
    text += "]\n";
    text += stanza(random, 8);
    text += chorus;
  }
  if (random.chance(500)) {
    text += "[Bridge]\n";
    text += stanza(random, 4);
    text += chorus;
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string summary(Random& random) { return filled(kSummaryPattern, random); }

}  // namespace playmirror::sample
