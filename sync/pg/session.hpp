#pragma once

#include "sync/pg/failure.hpp"
#include "sync/pg/handshake.hpp"
#include "sync/pg/result.hpp"
#include "sync/pg/secrets.hpp"
#include "sync/pg/wait.hpp"

#include <playmirror/report.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>

struct pg_conn;

namespace playmirror::pg {

/// The state of one libpq connection and the rules of its exchanges: one at a time, each ends with
/// the connection at rest or given up, whatever is thrown in between.
class Session {
 public:
  Session(Handle handle, Secrets secrets, std::string name);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] pg_conn* pg() const noexcept { return handle_.get(); }
  [[nodiscard]] bool usable() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] const WireCounts& wire() const noexcept { return wire_; }

  /// Runs one exchange: `work` sends and reads until the connection is at rest. Statements that the
  /// server refused were noted by read(); the first is thrown at the end.
  template <class Work>
  auto exchange(const std::string& doing, Waiter& waiter, Work&& work) {
    begin(doing, waiter);
    try {
      return work();
    } catch (const ServerUnavailable&) {
      leave();
      throw;
    } catch (...) {
      settle();
      throw;
    }
  }

  /// Checks libpq's answer to a PQsend...() call. `bytes` of payload were handed over.
  void sent(int accepted, std::size_t bytes, const std::string& doing);

  /// Sends what libpq has gathered, as far as that goes without waiting.
  void flush(const std::string& doing);

  /// Everything was sent; what follows is waiting.
  void await_answer() noexcept { ++wire_.round_trips; }

  /// The next result, or an empty one (libpq's NULL: the statement is done). Notes a refusal.
  [[nodiscard]] Result next(const std::string& doing, Waiter& waiter);

  /// The next piece of COPY data, or nothing when the COPY has ended. Valid until the next call.
  [[nodiscard]] std::optional<std::string_view> next_copy_data(const std::string& doing,
                                                               Waiter& waiter);

  /// Throws StatementFailed for the first statement that the server refused in this exchange.
  void throw_refusal();

  /// Gives the connection up: the server broke the protocol, or we did.
  [[noreturn]] void fail(ErrorCode code, const std::string& doing, const std::string& reason);

  /// Sends ROLLBACK; begin() reads the answer.
  void abandon_transaction() noexcept;

 private:
  struct FreeMemory {
    void operator()(char* memory) const noexcept;
  };
  struct Refusal {
    std::string doing;
    Diagnostics diagnostics;
  };

  void begin(const std::string& doing, Waiter& waiter);
  void consume(const std::string& doing);
  [[noreturn]] void lost(const std::string& doing);
  void note_refusal(const Result& result, const std::string& doing);
  void settle() noexcept;
  void cancel(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] bool drain(std::chrono::steady_clock::time_point until);
  void leave() noexcept;
  void give_up() noexcept;

  Handle handle_;
  Secrets secrets_;
  std::string name_;
  pid_t owner_;  ///< the process that connected; a forked child must not touch the connection
  WireCounts wire_ = {};
  std::optional<Refusal> refusal_ = {};
  std::unique_ptr<char, FreeMemory> copy_data_ = {};
  bool rollback_pending_ = false;
};

}  // namespace playmirror::pg
