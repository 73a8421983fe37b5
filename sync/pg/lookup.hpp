#pragma once

#include "sync/pg/conninfo.hpp"
#include "sync/pg/wait.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace playmirror::pg {

/// The endpoint once for each numeric address of its host, in the system's order of preference. An
/// endpoint that needs no lookup comes back as it is. Without libpq, because its lookup can block
/// for as long as the resolver likes, which on a train is long. Empty when there is no address by
/// the `deadline`; `problem` then says why.
[[nodiscard]] std::vector<Endpoint> with_addresses(const Endpoint& endpoint,
                                                   std::chrono::steady_clock::time_point deadline,
                                                   Waiter& waiter, std::string& problem);

}  // namespace playmirror::pg
