// Makes foreign text fit to be shown.

#include "sync/pg/secrets.hpp"

#include "core/test_hooks.hpp"
#include "core/text/one_line.hpp"
#include "sync/pg/tuning.hpp"

#include <algorithm>

namespace playmirror::pg {
void Secrets::add(std::string_view secret) {
  if (secret.empty() || std::ranges::find(secrets_, secret) != secrets_.end()) return;
  secrets_.emplace_back(secret);
  // The longest first: one secret may be part of another.
  std::ranges::sort(secrets_, std::ranges::greater{}, &std::string::size);
}

std::string Secrets::shown(std::string_view text) const {
  std::string open(text);
  for (const std::string& secret : secrets_) {
    if (!PLAYMIRROR_SAFEGUARD("hidden passwords")) break;
    for (std::size_t at = open.find(secret); at != std::string::npos; at = open.find(secret, at)) {
      if (secret.size() < tuning::kShortSecret) return "(text withheld: it may hold a password)";
      open.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return playmirror::text::one_line(open, tuning::kTextLimit);
}

}  // namespace playmirror::pg
