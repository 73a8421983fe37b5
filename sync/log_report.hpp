#pragma once

#include "core/call_watch.hpp"

#include <playmirror/report.hpp>

#include <string>

namespace playmirror::sync {

/// Tells the log what a call has done with a server: in one line what was moved, and each warning.
void log_report(CallWatch& watch, const std::string& call, const std::string& server,
                const SyncReport& report);
void log_report(CallWatch& watch, const std::string& call, const std::string& server,
                const RepairReport& report);

}  // namespace playmirror::sync
