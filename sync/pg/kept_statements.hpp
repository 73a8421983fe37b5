#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace playmirror::pg {

/// Statements that one server process has parsed and planned under a name, so that they need not
/// come whole again. A name follows from the text: where a pooler has put another process in the
/// place of ours after all, it means nothing there, or the same.
class KeptStatements {
 public:
  struct Statement {
    std::string name = {};
    bool is_sent = false;   ///< in this exchange; its answer is still to come
    bool is_known = false;  ///< the server has said so
  };

  [[nodiscard]] bool are_possible() const noexcept { return possible_; }
  void make_possible() noexcept { possible_ = true; }

  /// From now on every statement travels whole.
  void give_up() noexcept {
    possible_ = false;
    statements_.clear();
  }

  /// A new exchange begins. One that ended halfway leaves open which statements the server has
  /// got: then all get other names.
  void begin_exchange();

  /// `kept_under` tells apart what is planned under different search paths.
  [[nodiscard]] Statement& of(std::string_view kept_under, const std::string& sql);

 private:
  bool possible_ = false;
  std::int64_t generation_ = 0;
  std::map<std::string, Statement, std::less<>> statements_ = {};
};

}  // namespace playmirror::pg
