// Makes foreign text fit to be shown.

#include "sync/pg/secrets.hpp"

#include "sync/pg/tuning.hpp"

#include <algorithm>

namespace playmirror::pg {
namespace {

/// The length of the well-formed UTF-8 sequence at the front of `text`, 0 when there is none
/// (table 3-7 of the Unicode standard).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (first < 0x20 || first == 0x7F) return true;
  return sequence.size() == 2 && first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

std::string in_one_clean_line(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    if (clean.size() + sequence.size() > tuning::kTextLimit - 3) {
      clean += "...";
      break;
    }
    if (length == 0) {
      clean += '?';
    } else if (is_control(sequence)) {
      if (!clean.empty() && clean.back() != ' ') clean += ' ';
    } else {
      clean += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  while (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

}  // namespace

void Secrets::add(std::string_view secret) {
  if (secret.empty() || std::ranges::find(secrets_, secret) != secrets_.end()) return;
  secrets_.emplace_back(secret);
  // The longest first: one secret may be part of another.
  std::ranges::sort(secrets_, std::ranges::greater{}, &std::string::size);
}

std::string Secrets::shown(std::string_view text) const {
  std::string open(text);
  for (const std::string& secret : secrets_) {
    for (std::size_t at = open.find(secret); at != std::string::npos; at = open.find(secret, at)) {
      if (secret.size() < tuning::kShortSecret) return "(text withheld: it may hold a password)";
      open.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return in_one_clean_line(open);
}

}  // namespace playmirror::pg
