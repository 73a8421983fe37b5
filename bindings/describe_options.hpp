/// \file
/// The members of filters, options and new rows: the keyword arguments of the Python calls.
#pragma once

#include "convert_time.hpp"
#include "describe.hpp"
#include "describe_reports.hpp"

#include <playmirror/filters.hpp>
#include <playmirror/mirror.hpp>
#include <playmirror/server.hpp>
#include <playmirror/watcher.hpp>

#include <array>
#include <tuple>

namespace playmirror::python {

template <>
struct Describe<Order> {
  static constexpr auto kClass = "Order";
  static constexpr std::array kNames = {
      Name{Order::newest_first, "newest_first"},
      Name{Order::oldest_first, "oldest_first"},
  };
};

template <>
struct Describe<PlayFilter> {
  static constexpr auto kMembers = std::tuple{
      Member{"since", &PlayFilter::since},       Member{"until", &PlayFilter::until},
      Member{"track_id", &PlayFilter::track_id}, Member{"artist_id", &PlayFilter::artist_id},
      Member{"source", &PlayFilter::source},     Member{"context_uri", &PlayFilter::context_uri},
      Member{"skipped", &PlayFilter::skipped},   Member{"pending", &PlayFilter::pending},
      Member{"order", &PlayFilter::order},       Member{"limit", &PlayFilter::limit},
  };
};

template <>
struct Describe<TrackFilter> {
  static constexpr auto kMembers = std::tuple{
      Member{"name_contains", &TrackFilter::name_contains},
      Member{"artist_id", &TrackFilter::artist_id},
      Member{"album", &TrackFilter::album},
      Member{"limit", &TrackFilter::limit},
  };
};

template <>
struct Describe<ArtistFilter> {
  static constexpr auto kMembers = std::tuple{
      Member{"name_contains", &ArtistFilter::name_contains},
      Member{"genre", &ArtistFilter::genre},
      Member{"limit", &ArtistFilter::limit},
  };
};

template <>
struct Describe<SnapshotFilter> {
  static constexpr auto kMembers = std::tuple{
      Member{"since", &SnapshotFilter::since},
      Member{"until", &SnapshotFilter::until},
      Member{"period_label", &SnapshotFilter::period_label},
      Member{"pending", &SnapshotFilter::pending},
      Member{"order", &SnapshotFilter::order},
      Member{"limit", &SnapshotFilter::limit},
  };
};

template <>
struct Describe<NewPlay> {
  static constexpr auto kMembers = std::tuple{
      Member{"track_id", &NewPlay::track_id},       Member{"played_at", &NewPlay::played_at},
      Member{"listened_ms", &NewPlay::listened_ms}, Member{"skipped", &NewPlay::skipped},
      Member{"context_uri", &NewPlay::context_uri}, Member{"source", &NewPlay::source},
  };
};

template <>
struct Describe<NewSnapshot> {
  static constexpr auto kMembers = std::tuple{
      Member{"date", &NewSnapshot::date},
      Member{"period_label", &NewSnapshot::period_label},
      Member{"period_start", &NewSnapshot::period_start},
      Member{"period_end", &NewSnapshot::period_end},
      Member{"metrics_payload", &NewSnapshot::metrics_payload},
      Member{"narrative_report", &NewSnapshot::narrative_report},
      Member{"model_used", &NewSnapshot::model_used},
      Member{"playlist_theme", &NewSnapshot::playlist_theme},
      Member{"playlist_theme_reasoning", &NewSnapshot::playlist_theme_reasoning},
      Member{"six_hour_playlist_id", &NewSnapshot::six_hour_playlist_id},
      Member{"daily_playlist_id", &NewSnapshot::daily_playlist_id},
      Member{"playlist_composition", &NewSnapshot::playlist_composition},
  };
};

template <>
struct Describe<MirrorOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"busy_timeout", &MirrorOptions::busy_timeout},
      Member{"create", &MirrorOptions::create},
      Member{"read_only", &MirrorOptions::read_only},
  };
};

template <>
struct Describe<SqlOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"timeout", &SqlOptions::timeout},
      Member{"max_rows", &SqlOptions::max_rows},
  };
};

template <>
struct Describe<CopyOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"overwrite", &CopyOptions::overwrite},
  };
};

template <>
struct Describe<SampleOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"plays", &SampleOptions::plays},
      Member{"seed", &SampleOptions::seed},
  };
};

template <>
struct Describe<LocalTracks> {
  static constexpr auto kClass = "LocalTracks";
  static constexpr std::array kNames = {
      Name{LocalTracks::record, "record"},
      Name{LocalTracks::leave_out, "leave_out"},
  };
};

template <>
struct Describe<ImportOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"local_tracks", &ImportOptions::local_tracks},
      Member{"private_sessions", &ImportOptions::private_sessions},
      Member{"source", &ImportOptions::source},
      Member{"dry_run", &ImportOptions::dry_run},
  };
};

template <>
struct Describe<ServerOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"schema", &ServerOptions::schema},
      Member{"connect_timeout", &ServerOptions::connect_timeout},
      Member{"timeout", &ServerOptions::timeout},
      Member{"allow_plaintext", &ServerOptions::allow_plaintext},
      ZoneMember{"played_at_zone", &ServerOptions::played_at_zone},
  };
};

template <>
struct Describe<PullOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"lock_timeout", &PullOptions::lock_timeout},
      Member{"delete_limit", &PullOptions::delete_limit},
      Member{"confirm_deletes", &PullOptions::confirm_deletes},
      Member{"accept_server", &PullOptions::accept_server},
      Member{"field_cap", &PullOptions::field_cap},
      Member{"sweep_interval", &PullOptions::sweep_interval},
      Member{"leave_out", &PullOptions::leave_out},
      Member{"plays_since", &PullOptions::plays_since},
  };
};

template <>
struct Describe<PushOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"lock_timeout", &PushOptions::lock_timeout},
      Member{"batch_rows", &PushOptions::batch_rows},
  };
};

template <>
struct Describe<VerifyOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"depth", &VerifyOptions::depth},
      Member{"max_differences", &VerifyOptions::max_differences},
  };
};

/// All but `server`, `push` and `pull`, which Python passes as dicts of their own.
template <>
struct Describe<WatchOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"interval", &WatchOptions::interval},
      Member{"sweep_interval", &WatchOptions::sweep_interval},
      Member{"max_backoff", &WatchOptions::max_backoff},
      Member{"seed", &WatchOptions::seed},
  };
};

template <>
struct Describe<RepairOptions> {
  static constexpr auto kMembers = std::tuple{
      Member{"delete_limit", &RepairOptions::delete_limit},
      Member{"confirm_deletes", &RepairOptions::confirm_deletes},
      Member{"field_cap", &RepairOptions::field_cap},
  };
};

}  // namespace playmirror::python
