// COPY ... TO STDOUT, piece by piece.

#include "sync/pg/connection_impl.hpp"

#include <libpq-fe.h>

namespace playmirror::pg {

void Connection::copy_out(const std::string& sql, const std::string& doing, Waiter& waiter,
                          const std::function<void(std::size_t, std::string_view)>& on_data) {
  check_sendable(sql, {});
  Session& session = impl_->session;
  session.exchange(doing, waiter, [&] {
    session.sent(PQsendQuery(session.pg(), sql.c_str()), sql.size(), doing);
    session.await_answer();
    for (std::size_t copies = 0;;) {
      const Result result = session.next(doing, waiter);
      if (result.handle() == nullptr) break;
      if (PQresultStatus(result.handle()) != PGRES_COPY_OUT) {
        impl_->check_kind(result, doing);
        continue;
      }
      while (const auto data = session.next_copy_data(doing, waiter)) on_data(copies, *data);
      ++copies;
    }
    session.throw_refusal();
  });
}

}  // namespace playmirror::pg
