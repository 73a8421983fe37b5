// One exchange at a time with the server, and what to do when it goes wrong.

#include "sync/pg/session.hpp"

#include "sync/pg/background.hpp"
#include "sync/pg/tuning.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <libpq-fe.h>
#include <memory>
#include <unistd.h>

namespace playmirror::pg {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

Diagnostics diagnostics_of(const PGresult* result, const Secrets& secrets) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string_view(text != nullptr ? text : "");
  };
  const auto shown = [&](int code) { return secrets.shown(field(code)); };
  return {.sqlstate = as_sqlstate(field(PG_DIAG_SQLSTATE)),
          .message = shown(PG_DIAG_MESSAGE_PRIMARY),
          .detail = shown(PG_DIAG_MESSAGE_DETAIL),
          .schema = shown(PG_DIAG_SCHEMA_NAME),
          .table = shown(PG_DIAG_TABLE_NAME),
          .column = shown(PG_DIAG_COLUMN_NAME),
          .constraint = shown(PG_DIAG_CONSTRAINT_NAME),
          .source = std::string(field(PG_DIAG_SOURCE_FUNCTION))};
}

std::int64_t bytes_in(const PGresult* result) {
  std::int64_t bytes = 0;
  const int columns = PQnfields(result);
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < columns; ++column) bytes += PQgetlength(result, row, column);
  }
  return bytes;
}

struct FreeCancel {
  void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
};

}  // namespace

void Session::FreeMemory::operator()(char* memory) const noexcept { PQfreemem(memory); }

Session::Session(Handle handle, Secrets secrets, std::string name)
    : handle_(std::move(handle)),
      secrets_(std::move(secrets)),
      name_(std::move(name)),
      owner_(::getpid()) {}

Session::~Session() {
  // Closing says goodbye to the server: from a forked child, in the middle of the parent's talk.
  if (::getpid() != owner_) static_cast<void>(handle_.release());
}

bool Session::usable() const noexcept {
  return handle_ != nullptr && PQstatus(handle_.get()) == CONNECTION_OK && ::getpid() == owner_;
}

bool Session::in_transaction() const noexcept {
  if (!usable() || rollback_pending_) return false;
  const PGTransactionStatusType status = PQtransactionStatus(handle_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

void Session::begin(const std::string& doing, Waiter& waiter) {
  if (::getpid() != owner_) {
    raise(ErrorCode::closed, "could not " + doing + ": the connection belongs to another process",
          {.hint = "Connect again after a fork."});
  }
  refusal_.reset();
  if (!usable()) lost(doing);
  if (!rollback_pending_) return;
  rollback_pending_ = false;
  try {
    // Its answer is here long since, as a rule, and then cost no one a round trip.
    consume(doing);
    if (PQisBusy(pg()) != 0) await_answer();
    while (next(doing, waiter).handle() != nullptr) {
    }
    refusal_.reset();
  } catch (...) {
    give_up();
    throw;
  }
}

void Session::sent(int accepted, std::size_t bytes, const std::string& doing) {
  if (accepted != 1) {
    if (PQstatus(pg()) != CONNECTION_OK) lost(doing);
    fail(ErrorCode::internal, doing, "libpq refused to send it");
  }
  wire_.bytes_sent += static_cast<std::int64_t>(bytes);
}

void Session::flush(const std::string& doing) {
  if (PQflush(pg()) < 0) lost(doing);
}

Result Session::next(const std::string& doing, Waiter& waiter) {
  while (true) {
    const int unsent = PQflush(pg());
    if (unsent < 0) lost(doing);
    if (PQisBusy(pg()) == 0) break;
    // Reads also while sending: a server that waits for us to read would never read on itself.
    const auto what = unsent > 0 ? Waiter::For::either : Waiter::For::reading;
    if (waiter.wait(PQsocket(pg()), what, doing.c_str()) != Waiter::For::writing) consume(doing);
  }
  Result result(PQgetResult(pg()));
  if (PQresultStatus(result.handle()) == PGRES_FATAL_ERROR && result.handle() != nullptr) {
    note_refusal(result, doing);
  }
  if (PQstatus(pg()) != CONNECTION_OK) lost(doing);
  wire_.bytes_received += bytes_in(result.handle());
  return result;
}

void Session::consume(const std::string& doing) {
  if (PQconsumeInput(pg()) != 1) lost(doing);
  // With TLS, one read can leave the rest of a record inside OpenSSL, where poll() does not see it.
  // A record is 16 kB at most and each read takes 8 kB at least, so a second read empties it.
  if (PQsslInUse(pg()) != 0 && PQconsumeInput(pg()) != 1) lost(doing);
}

std::optional<std::string_view> Session::next_copy_data(const std::string& doing, Waiter& waiter) {
  while (true) {
    char* data = nullptr;
    const int size = PQgetCopyData(pg(), &data, /*async=*/1);
    copy_data_.reset(data);
    if (size > 0) {
      wire_.bytes_received += size;
      return std::string_view(data, static_cast<std::size_t>(size));
    }
    if (size == -1) return std::nullopt;
    if (size == -2) lost(doing);
    waiter.wait(PQsocket(pg()), Waiter::For::reading, doing.c_str());
    consume(doing);
  }
}

void Session::note_refusal(const Result& result, const std::string& doing) {
  if (refusal_) return;
  Diagnostics diagnostics = diagnostics_of(result.handle(), secrets_);
  // Without a code it is libpq that complains: out of memory, or an answer it cannot read.
  if (diagnostics.sqlstate.empty()) {
    if (PQstatus(pg()) != CONNECTION_OK) return;
    fail(ErrorCode::server_protocol, doing, secrets_.shown(PQresultErrorMessage(result.handle())));
  }
  refusal_ = Refusal{doing, std::move(diagnostics)};
}

void Session::throw_refusal() {
  if (!refusal_) return;
  Refusal refusal = std::move(*refusal_);
  refusal_.reset();
  throw StatementFailed(refusal.doing, std::move(refusal.diagnostics));
}

// The server may have said why before it hung up: that is in a result still to be read, or was in
// the one before. Whatever it said, the fact that counts is that the connection is gone.
void Session::lost(const std::string& doing) {
  if (handle_ && PQstatus(pg()) == CONNECTION_BAD) {
    constexpr int kMoreThanEnough = 16;
    for (int i = 0; i < kMoreThanEnough && !refusal_; ++i) {
      const Result result(PQgetResult(pg()));
      if (result.handle() == nullptr) break;
      if (PQresultStatus(result.handle()) == PGRES_FATAL_ERROR) note_refusal(result, doing);
    }
  }
  const std::string where = "the connection to " + name_ + " is lost";
  const ErrorDetails details = {.hint = "Try again; check the network or the VPN when it persists.",
                                .sqlstate = refusal_ ? refusal_->diagnostics.sqlstate : "",
                                .retryable = true};
  const std::string last_words = refusal_ ? " (" + refusal_->diagnostics.message + ")" : "";
  give_up();
  if (refusal_ && TransactionTimedOut::is_told_by(refusal_->diagnostics)) {
    throw TransactionTimedOut(doing, where, refusal_->diagnostics);
  }
  raise(ErrorCode::unreachable, "could not " + doing + ": " + where + last_words, details);
}

void Session::fail(ErrorCode code, const std::string& doing, const std::string& reason) {
  give_up();
  raise(code, "could not " + doing + ": " + reason);
}

void Session::abandon_transaction() noexcept {
  if (!in_transaction()) return;
  if (PQsendQuery(pg(), "ROLLBACK") != 1 || PQflush(pg()) < 0) {
    give_up();
    return;
  }
  rollback_pending_ = true;
}

// An exchange ended halfway, by a callback or by the caller's wish. The server is told to stop and
// what it has sent already is thrown away, so that the connection can serve on.
void Session::settle() noexcept {
  refusal_.reset();
  if (!usable()) return give_up();
  const bool at_rest =
      PQtransactionStatus(pg()) != PQTRANS_ACTIVE && PQpipelineStatus(pg()) == PQ_PIPELINE_OFF;
  if (at_rest) return;
  try {
    const auto deadline = Clock::now() + tuning::kSettleLimit;
    do {
      cancel(deadline);
    } while (!drain(std::min(deadline, Clock::now() + tuning::kCancelAgain)));
    refusal_.reset();
  } catch (...) {
    give_up();
  }
}

// A cancel request that is still under way when we go on would hit a later statement: when it does
// not end in time, the connection is given up.
void Session::cancel(Clock::time_point deadline) {
  std::shared_ptr<PGcancel> request(PQgetCancel(pg()), FreeCancel());
  if (!request) throw std::bad_alloc();
  const auto work = [request = std::move(request)] {
    char ignored[256];
    return PQcancel(request.get(), ignored, sizeof ignored) == 1;
  };
  const CallControl nobody;
  Waiter waiter(nobody, tuning::kSettleLimit);
  if (!in_background(work, deadline, waiter).value_or(false)) {
    fail(ErrorCode::unreachable, "cancel a statement", "no answer");
  }
}

bool Session::drain(Clock::time_point until) {
  const CallControl nobody;
  const std::string doing = "cancel a statement";
  const bool in_pipeline = PQpipelineStatus(pg()) != PQ_PIPELINE_OFF;
  bool statement_ended = false;
  try {
    while (Clock::now() < until) {
      Waiter waiter(nobody, std::chrono::ceil<milliseconds>(until - Clock::now()));
      const Result result = next(doing, waiter);
      const ExecStatusType status = PQresultStatus(result.handle());
      if (result.handle() == nullptr) {
        if (!in_pipeline) return true;
        // Two in a row: there is nothing to wait for, not even the end of the pipeline.
        if (std::exchange(statement_ended, true)) fail(ErrorCode::internal, doing, "not sent");
        continue;
      }
      statement_ended = false;
      // There may be another pipeline behind this one.
      if (status == PGRES_PIPELINE_SYNC && PQexitPipelineMode(pg()) == 1) return true;
      while (status == PGRES_COPY_OUT && Clock::now() < until && next_copy_data(doing, waiter)) {
      }
    }
  } catch (const ServerUnavailable&) {
    if (!usable()) throw;  // else it was only the waiter
  }
  return false;
}

// The server fell silent. Should it be alive after all, it is told to stop: a statement that nobody
// waits for would go on holding its locks.
void Session::leave() noexcept {
  if (usable() && PQtransactionStatus(pg()) == PQTRANS_ACTIVE) {
    try {
      cancel(Clock::now());
    } catch (...) {  // not waited for
    }
  }
  give_up();
}

void Session::give_up() noexcept {
  copy_data_.reset();
  rollback_pending_ = false;
  handle_.reset();
}

}  // namespace playmirror::pg
