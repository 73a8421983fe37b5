#include "sync/watch/watch_loop.hpp"

#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

namespace playmirror::sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A poll that made the server scan its tables is followed by a rest of at least this many times
/// its length, so that a watcher takes at most a twentieth of a busy server's attention.
constexpr int kRestPerWork = 20;

/// What is wrong with tables, and what was held back: told once, not with every report.
std::string trouble_with_tables(const SyncReport& report) {
  std::string text;
  for (const std::string& warning : report.warnings) text += warning + '\n';
  for (const auto& [table, pulled] : report.pulled) {
    if (!pulled.problem.empty()) text += table + ": " + pulled.problem + '\n';
  }
  return text;
}

/// Likewise what rows wait for.
std::string waits_in(const SyncReport& report) {
  std::string text;
  for (const RowOutcome& row : report.rows) {
    if (row.kind != RowOutcome::Kind::waiting) continue;
    text += std::to_string(row.entry.entry) + ": " + row.entry.message + '\n';
  }
  return text;
}

bool pulled_something(const SyncReport& report) {
  return std::ranges::any_of(report.pulled, [](const auto& each) {
    const TableReport& table = each.second;
    return table.inserted > 0 || table.updated > 0 || table.deleted > 0 ||
           !table.new_columns.empty();
  });
}

bool moved_something(const SyncReport& report) {
  return report.pushed > 0 || report.already_there > 0 || report.rejected > 0 ||
         pulled_something(report);
}

std::string_view to_string(WatchState state) {
  switch (state) {
    case WatchState::connecting:
      return "connecting";
    case WatchState::current:
      return "current";
    case WatchState::retrying:
      return "retrying";
    case WatchState::stopped:
      return "stopped";
  }
  return "";
}

/// What an event says, for the log.
LogRecord record_of(const WatchEvent& event) {
  std::string text = "watch: " + std::string(to_string(event.state));
  if (event.state == WatchState::retrying) {
    text += " in " + std::to_string(event.retry_in.count()) + " ms";
  }
  if (!event.error) return {LogLevel::info, text};
  const bool ended = event.state == WatchState::stopped;
  return {ended ? LogLevel::error : LogLevel::warning, text + ": " + event.error->what()};
}

/// Adds what a push reported.
void add(SyncReport& report, SyncReport pushed) {
  report.pushed += pushed.pushed;
  report.already_there += pushed.already_there;
  report.waiting += pushed.waiting;
  report.rejected += pushed.rejected;
  std::ranges::move(pushed.rows, std::back_inserter(report.rows));
  report.wire.round_trips += pushed.wire.round_trips;
  report.wire.bytes_sent += pushed.wire.bytes_sent;
  report.wire.bytes_received += pushed.wire.bytes_received;
  report.duration += pushed.duration;
}

}  // namespace

WatchLoop::WatchLoop(std::shared_ptr<MirrorState> mirror, std::string dsn,
                     const WatchOptions& options, WatchControl control)
    : state_of_mirror_(std::move(mirror)),
      mirror_(MirrorAccess::mirror(state_of_mirror_)),
      dsn_(std::move(dsn)),
      options_(options),
      control_(std::move(control)),
      news_(*state_of_mirror_),
      backoff_(options.interval, options.max_backoff, static_cast<std::uint64_t>(options.seed)),
      push_backoff_(options.interval, options.max_backoff,
                    static_cast<std::uint64_t>(options.seed)) {}

std::exception_ptr WatchLoop::run(std::stop_token stop) {
  std::exception_ptr failure;
  std::optional<Error> error;
  bool callbacks_work = true;
  try {
    loop(stop);
  } catch (const CallbackThrew& thrown) {
    failure = thrown.exception;
    callbacks_work = false;
  } catch (const Error& caught) {
    if (!stop.stop_requested() || caught.code() != ErrorCode::cancelled) {
      failure = std::current_exception();
      error.emplace(caught);
    }
  } catch (...) {
    failure = std::current_exception();
  }
  server_.reset();
  state_ = WatchState::stopped;
  if (callbacks_work) {
    try {
      tell({.state = WatchState::stopped, .error = std::move(error)});
    } catch (const CallbackThrew& thrown) {
      if (!failure) failure = thrown.exception;
    }
  }
  return failure;
}

void WatchLoop::loop(const std::stop_token& stop) {
  tell({.state = WatchState::connecting});
  while (!stop.stop_requested()) {
    poll(stop);
    news_.rest(rest_, eager_, stop);
  }
}

void WatchLoop::poll(const std::stop_token& stop) {
  CallControl control;
  control.stop = stop;
  if (control_.on_progress) {
    control.on_progress = [this](const Progress& progress) {
      try {
        control_.on_progress(progress);
      } catch (...) {
        throw CallbackThrew{std::current_exception()};
      }
    };
  }
  if (control_.on_log) control.on_log = [this](const LogRecord& record) { log(record); };
  SyncReport report;
  try {
    if (!server_) server_.emplace(Server::connect(dsn_, options_.server, control));
    report = exchange(control);
  } catch (const Error& error) {
    if (!error.retryable() && PLAYMIRROR_SAFEGUARD("what waiting cannot heal")) throw;
    failed(error);
    return;
  }
  succeeded(std::move(report));
}

SyncReport WatchLoop::exchange(const CallControl& control) {
  const Recorded recorded = news_.recorded();
  const bool held_up = recorded.waits_only || push_error_;
  const bool push = (recorded.to_send || recorded.waits_only) &&
                    (!held_up || steady_clock::now() >= offer_again_);
  SyncReport report =
      push ? push_and_pull(control) : server_->pull(mirror_, options_.pull, control);
  add(report, std::exchange(pushed_, {}));
  return report;
}

SyncReport WatchLoop::push_and_pull(const CallControl& control) {
  const auto pull = [&] { return server_->pull(mirror_, options_.pull, control); };
  // Nothing may be pushed to a server that the mirror does not follow yet.
  const bool pull_first = options_.pull.accept_server;
  SyncReport pulled;
  std::optional<Error> push_error;
  if (pull_first) pulled = pull();
  try {
    SyncReport pushed = server_->push(mirror_, options_.push, control);
    push_trouble_ = waits_in(pushed);
    add(pushed_, std::move(pushed));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unreachable || error.code() == ErrorCode::cancelled) throw;
    if (!PLAYMIRROR_SAFEGUARD("pull behind a failed push")) throw;
    push_error.emplace(error);  // it shall not keep the pull from running
    push_trouble_ = error.what();
  }
  if (!pull_first) pulled = pull();
  if (push_error) {
    offer_again_ = steady_clock::now() + push_backoff_.next();
  } else {
    push_backoff_.reset();
    offer_again_ = steady_clock::now() + options_.max_backoff;
  }
  push_error_ = std::move(push_error);
  return pulled;
}

void WatchLoop::succeeded(SyncReport report) {
  backoff_.reset();
  // The word of a person about what they saw is not one about what may come.
  if (PLAYMIRROR_SAFEGUARD("a word counts once")) {
    options_.pull.confirm_deletes = false;
    options_.pull.accept_server = false;
  }

  rest_ = options_.interval;
  if (report.method == PullMethod::sweep) {
    const auto work = std::chrono::ceil<milliseconds>(report.duration) * kRestPerWork;
    rest_ = std::max(rest_, std::min(work, options_.max_backoff));
  }
  eager_ = !push_error_;
  if (pulled_something(report) && news_.recorded().waits_only) {
    offer_again_ = {};  // what a row waits for may just have come
    rest_ = milliseconds{0};
  }
  std::string trouble = trouble_with_tables(report) + push_trouble_;
  if (state_ == WatchState::current && !moved_something(report) && trouble == told_) return;
  told_ = std::move(trouble);
  tell({.state = WatchState::current, .report = std::move(report), .error = push_error_});
}

void WatchLoop::failed(const Error& error) {
  rest_ = PLAYMIRROR_SAFEGUARD("backoff") ? backoff_.next() : milliseconds{0};
  eager_ = false;
  tell({.state = WatchState::retrying, .error = error, .retry_in = rest_});
}

void WatchLoop::log(const LogRecord& record) {
  try {
    control_.on_log(record);
  } catch (...) {
    throw CallbackThrew{std::current_exception()};
  }
}

void WatchLoop::tell(WatchEvent event) {
  const bool news = event.error || state_ != event.state || event.state == WatchState::connecting;
  state_ = event.state;
  if (control_.on_log && news) log(record_of(event));
  if (!control_.on_event) return;
  try {
    control_.on_event(event);
  } catch (...) {
    throw CallbackThrew{std::current_exception()};
  }
}

}  // namespace playmirror::sync
