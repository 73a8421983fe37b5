// Many statements in one round trip.

#include "sync/pg/connection_impl.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <iterator>
#include <libpq-fe.h>
#include <utility>

namespace playmirror::pg {
namespace {

void check_all_sendable(const std::vector<Command>& commands) {
  for (const Command& command : commands) check_sendable(command.sql, command.parameters);
}

}  // namespace

Command command(std::string sql, std::string doing) {
  Command result;
  result.sql = std::move(sql);
  result.doing = std::move(doing);
  return result;
}

void Connection::pipeline(std::vector<Command> commands, Waiter& waiter,
                          const std::function<void()>& meanwhile) {
  if (commands.empty()) return;
  check_all_sendable(commands);
  const std::string doing = commands.front().doing;
  impl_->session.exchange(doing, waiter, [&] {
    impl_->begin_pipeline(doing);
    impl_->send_all(commands);
    impl_->end_pipeline(commands.back().doing);
    if (meanwhile) meanwhile();
    impl_->session.await_answer();
    impl_->read_pipeline(commands, waiter);
    impl_->leave_pipeline(commands.back().doing);
    impl_->throw_refusal(commands);
  });
}

void Connection::pipeline(std::vector<Command> first,
                          const std::function<std::vector<Command>()>& rest, Waiter& waiter) {
  check_all_sendable(first);
  const std::string doing = first.front().doing;
  impl_->session.exchange(doing, waiter, [&] {
    impl_->begin_pipeline(doing);
    const std::vector<Command> commands = impl_->send_with_rest(std::move(first), rest);
    impl_->session.await_answer();
    impl_->read_pipeline(commands, waiter);
    impl_->leave_pipeline(commands.back().doing);
    impl_->throw_refusal(commands);
  });
}

void Connection::pipelines(std::vector<Command> first, const std::function<void()>& between,
                           std::vector<Command> second,
                           const std::function<std::vector<Command>()>& rest, Waiter& waiter) {
  check_all_sendable(first);
  check_all_sendable(second);
  const std::string doing = first.front().doing;
  impl_->session.exchange(doing, waiter, [&] {
    impl_->begin_pipeline(doing);
    impl_->send_all(first);
    impl_->end_pipeline(first.back().doing);
    std::vector<Command> commands;
    if (!second.empty()) commands = impl_->send_with_rest(std::move(second), rest);
    impl_->session.await_answer();
    impl_->read_pipeline(first, waiter);
    impl_->throw_refusal(first);
    if (commands.empty()) impl_->leave_pipeline(doing);
    between();
    if (commands.empty()) return;
    impl_->read_pipeline(commands, waiter);
    impl_->leave_pipeline(commands.back().doing);
    impl_->throw_refusal(commands);
  });
}

std::vector<Command> Connection::Impl::send_with_rest(
    std::vector<Command> commands, const std::function<std::vector<Command>()>& rest) {
  const std::string doing = commands.front().doing;
  send_all(commands);
  session.flush(doing);
  try {
    std::vector<Command> others = rest();
    check_all_sendable(others);
    send_all(others);
    std::ranges::move(others, std::back_inserter(commands));
  } catch (...) {
    // Without an end it could not be drained.
    end_pipeline(doing);
    throw;
  }
  end_pipeline(commands.back().doing);
  return commands;
}

void Connection::Impl::begin_pipeline(const std::string& doing) {
  kept.begin_exchange();
  session.sent(PQenterPipelineMode(session.pg()), 0, doing);
}

void Connection::Impl::send_all(const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    if (kept.are_possible() && !command.kept_under.empty()) {
      send_kept(command);
    } else {
      send(command.sql, command.parameters, command.format, command.doing);
    }
  }
}

void Connection::Impl::send_kept(const Command& command) {
  KeptStatements::Statement& statement = kept.of(command.kept_under, command.sql);
  if (!statement.is_known && !statement.is_sent) {
    session.sent(
        PQsendPrepare(session.pg(), statement.name.c_str(), command.sql.c_str(), 0, nullptr),
        command.sql.size(), command.doing);
    statement.is_sent = true;
  }
  std::size_t bytes = statement.name.size();
  const std::vector<const char*> values = as_values(command.parameters, bytes);
  session.sent(
      PQsendQueryPrepared(session.pg(), statement.name.c_str(), static_cast<int>(values.size()),
                          values.data(), nullptr, nullptr, static_cast<int>(command.format)),
      bytes, command.doing);
}

void Connection::Impl::end_pipeline(const std::string& doing) {
  session.sent(PQpipelineSync(session.pg()), 0, doing);
}

void Connection::Impl::read_pipeline(const std::vector<Command>& commands, Waiter& waiter) {
  for (const Command& command : commands) read_results(command, waiter);
  const std::string& last = commands.back().doing;
  Result sync = session.next(last, waiter);
  // A pooler adds words of its own to the last ones of a server that went away, and then hangs up.
  constexpr int kMoreThanEnough = 16;
  for (int i = 0; i < kMoreThanEnough; ++i) {
    if (PQresultStatus(sync.handle()) != PGRES_FATAL_ERROR) break;
    sync = session.next(last, waiter);
  }
  if (PQresultStatus(sync.handle()) != PGRES_PIPELINE_SYNC) {
    session.fail(ErrorCode::server_protocol, last, "the pipeline does not end");
  }
}

void Connection::Impl::leave_pipeline(const std::string& doing) {
  if (PQexitPipelineMode(session.pg()) != 1) {
    session.fail(ErrorCode::server_protocol, doing, "the pipeline does not end");
  }
}

void Connection::Impl::throw_refusal(const std::vector<Command>& commands) {
  const bool any_kept = kept.are_possible() && std::ranges::any_of(commands, [](const auto& each) {
                          return !each.kept_under.empty();
                        });
  try {
    session.throw_refusal();
  } catch (const StatementFailed& failure) {
    if (!any_kept || !is_lost_statement(failure)) throw;
    kept.give_up();
    throw StatementLost(failure);
  }
}

/// The answer to the preparation that went ahead of a command, if one did.
void Connection::Impl::read_preparation(const Command& command, Waiter& waiter) {
  if (!kept.are_possible() || command.kept_under.empty()) return;
  KeptStatements::Statement& statement = kept.of(command.kept_under, command.sql);
  if (!statement.is_sent) return;
  while (true) {
    const Result result = session.next(command.doing, waiter);
    if (result.handle() == nullptr) break;
    statement.is_known = PQresultStatus(result.handle()) == PGRES_COMMAND_OK;
  }
  statement.is_sent = false;
}

/// The results of one command, up to the empty one that ends them.
void Connection::Impl::read_results(const Command& command, Waiter& waiter) {
  read_preparation(command, waiter);
  // Must come before any of the answer is read. Has no effect when the pipeline has failed already.
  if (command.on_row) PQsetSingleRowMode(session.pg());
  while (true) {
    const Result result = session.next(command.doing, waiter);
    if (result.handle() == nullptr) return;
    const ExecStatusType status = PQresultStatus(result.handle());
    if (status == PGRES_PIPELINE_ABORTED) continue;
    check_kind(result, command.doing);
    if (status == PGRES_FATAL_ERROR) continue;
    if (command.on_row) {
      for (int row = 0; row < result.size(); ++row) command.on_row(result[row]);
    }
    if (command.on_result && status != PGRES_SINGLE_TUPLE) command.on_result(result);
  }
}

}  // namespace playmirror::pg
