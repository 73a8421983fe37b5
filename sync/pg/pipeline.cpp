// Many statements in one round trip.

#include "sync/pg/connection_impl.hpp"

#include <playmirror/error.hpp>

#include <libpq-fe.h>

namespace playmirror::pg {

void Connection::pipeline(std::vector<Command> commands, Waiter& waiter,
                          const std::function<void()>& meanwhile) {
  if (commands.empty()) return;
  for (const Command& command : commands) check_sendable(command.sql, command.parameters);
  const std::string doing = commands.front().doing;
  impl_->session.exchange(doing, waiter, [&] { impl_->run_pipeline(commands, waiter, meanwhile); });
}

void Connection::Impl::run_pipeline(const std::vector<Command>& commands, Waiter& waiter,
                                    const std::function<void()>& meanwhile) {
  session.sent(PQenterPipelineMode(session.pg()), 0, commands.front().doing);
  for (const Command& command : commands) {
    send(command.sql, command.parameters, command.format, command.doing);
  }
  const std::string& last = commands.back().doing;
  session.sent(PQpipelineSync(session.pg()), 0, last);
  if (meanwhile) meanwhile();
  session.await_answer();
  for (const Command& command : commands) read_results(command, waiter);
  const Result sync = session.next(last, waiter);
  if (PQresultStatus(sync.handle()) != PGRES_PIPELINE_SYNC ||
      PQexitPipelineMode(session.pg()) != 1) {
    session.fail(ErrorCode::server_protocol, last, "the pipeline does not end");
  }
  session.throw_refusal();
}

/// The results of one command, up to the empty one that ends them.
void Connection::Impl::read_results(const Command& command, Waiter& waiter) {
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
