#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace playmirror::pg {

/// The passwords of one connection, and the one way by which a foreign text gets into a message.
class Secrets {
 public:
  void add(std::string_view secret);

  /// `text` without the secrets, as one line of valid UTF-8 without control characters, at most
  /// tuning::kTextLimit bytes long. For what a server or libpq says: both may repeat a password,
  /// and the server may be anybody.
  [[nodiscard]] std::string shown(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace playmirror::pg
