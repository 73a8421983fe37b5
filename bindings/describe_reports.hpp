/// \file
/// The members of what calls report back: status, pending rows, reports, progress, events.
#pragma once

#include "convert_time.hpp"
#include "describe.hpp"
#include "errors.hpp"

#include <playmirror/import.hpp>
#include <playmirror/pending.hpp>
#include <playmirror/progress.hpp>
#include <playmirror/report.hpp>
#include <playmirror/status.hpp>
#include <playmirror/watcher.hpp>

#include <array>
#include <tuple>

namespace playmirror::python {

template <>
struct Describe<PendingState> {
  static constexpr auto kClass = "PendingState";
  static constexpr std::array kNames = {
      Name{PendingState::queued, "queued"},
      Name{PendingState::in_doubt, "in_doubt"},
      Name{PendingState::waiting, "waiting"},
      Name{PendingState::rejected, "rejected"},
  };
};

template <>
struct Describe<PendingEntry> {
  static constexpr auto kClass = "PendingEntry";
  static constexpr auto kMembers = std::tuple{
      Member{"entry", &PendingEntry::entry},
      Member{"table", &PendingEntry::table},
      Member{"key", &PendingEntry::key},
      Member{"row_id", &PendingEntry::row_id},
      Member{"state", &PendingEntry::state},
      Member{"recorded_at", &PendingEntry::recorded_at},
      Member{"attempts", &PendingEntry::attempts},
      Member{"sqlstate", &PendingEntry::sqlstate},
      Member{"constraint", &PendingEntry::constraint},
      Member{"message", &PendingEntry::message},
      Member{"needs", &PendingEntry::needs},
  };
};

template <>
struct Describe<TableStatus> {
  static constexpr auto kClass = "TableStatus";
  static constexpr auto kMembers = std::tuple{
      Member{"rows", &TableStatus::rows},
      Member{"complete", &TableStatus::complete},
      Member{"problem", &TableStatus::problem},
  };
};

template <>
struct Describe<TrackDetail> {
  static constexpr auto kClass = "TrackDetail";
  static constexpr std::array kNames = {
      Name{TrackDetail::raw_data, "raw_data"},
      Name{TrackDetail::lyrics, "lyrics"},
  };
};

template <>
struct Describe<Status> {
  static constexpr auto kClass = "Status";
  static constexpr auto kMembers = std::tuple{
      Member{"file", &Status::file},
      Member{"server", &Status::server},
      Member{"last_pull", &Status::last_pull},
      Member{"last_sweep", &Status::last_sweep},
      Member{"last_push", &Status::last_push},
      Member{"complete", &Status::complete},
      Member{"alembic_version", &Status::alembic_version},
      Member{"tables", &Status::tables},
      Member{"left_out", &Status::left_out},
      Member{"plays_since", &Status::plays_since},
      Member{"queued", &Status::queued},
      Member{"in_doubt", &Status::in_doubt},
      Member{"waiting", &Status::waiting},
      Member{"rejected", &Status::rejected},
      Member{"stuck", &Status::stuck},
  };
};

template <>
struct Describe<FileProblem> {
  static constexpr auto kClass = "FileProblem";
  static constexpr auto kMembers = std::tuple{
      Member{"where", &FileProblem::where},
      Member{"what", &FileProblem::what},
  };
};

template <>
struct Describe<FileReport> {
  static constexpr auto kClass = "FileReport";
  static constexpr auto kMembers = std::tuple{
      Member{"ok", &FileReport::ok},
      Member{"outbox_entries", &FileReport::outbox_entries},
      Member{"blocks", &FileReport::blocks},
      Member{"problems", &FileReport::problems},
  };
};

template <>
struct Describe<ImportFormat> {
  static constexpr auto kClass = "ImportFormat";
  static constexpr std::array kNames = {
      Name{ImportFormat::spotify_extended, "spotify_extended"},
      Name{ImportFormat::spotify_account, "spotify_account"},
      Name{ImportFormat::listenbrainz, "listenbrainz"},
      Name{ImportFormat::lastfm, "lastfm"},
      Name{ImportFormat::maloja, "maloja"},
  };
};

template <>
struct Describe<ImportedFile> {
  static constexpr auto kClass = "ImportedFile";
  static constexpr auto kMembers = std::tuple{
      Member{"name", &ImportedFile::name},
      Member{"format", &ImportedFile::format},
      Member{"rows", &ImportedFile::rows},
      Member{"problem", &ImportedFile::problem},
  };
};

template <>
struct Describe<ImportReport> {
  static constexpr auto kClass = "ImportReport";
  static constexpr auto kMembers = std::tuple{
      Member{"files", &ImportReport::files},
      Member{"rows", &ImportReport::rows},
      Member{"recorded", &ImportReport::recorded},
      Member{"already_there", &ImportReport::already_there},
      Member{"matched", &ImportReport::matched},
      Member{"repeated", &ImportReport::repeated},
      Member{"left_out", &ImportReport::left_out},
      Member{"tracks", &ImportReport::tracks},
      Member{"artists", &ImportReport::artists},
      Member{"first", &ImportReport::first},
      Member{"last", &ImportReport::last},
  };
};

template <>
struct Describe<Progress> {
  static constexpr auto kClass = "Progress";
  static constexpr auto kMembers = std::tuple{
      Member{"phase", &Progress::phase}, Member{"table", &Progress::table},
      Member{"rows", &Progress::rows},   Member{"rows_total", &Progress::rows_total},
      Member{"bytes", &Progress::bytes},
  };
};

template <>
struct Describe<TableReport> {
  static constexpr auto kClass = "TableReport";
  static constexpr auto kMembers = std::tuple{
      Member{"inserted", &TableReport::inserted},
      Member{"updated", &TableReport::updated},
      Member{"unchanged", &TableReport::unchanged},
      Member{"deleted", &TableReport::deleted},
      Member{"held_deletes", &TableReport::held_deletes},
      Member{"new_columns", &TableReport::new_columns},
      Member{"problem_code", &TableReport::problem_code},
      Member{"problem", &TableReport::problem},
  };
};

template <>
struct Describe<PullMethod> {
  static constexpr auto kClass = "PullMethod";
  static constexpr std::array kNames = {
      Name{PullMethod::none, "none"},           Name{PullMethod::first_copy, "first_copy"},
      Name{PullMethod::sweep, "sweep"},         Name{PullMethod::by_ids, "by_ids"},
      Name{PullMethod::unchanged, "unchanged"},
  };
};

template <>
struct Describe<RowOutcome::Kind> {
  static constexpr auto kClass = "RowOutcome.Kind";
  static constexpr std::array kNames = {
      Name{RowOutcome::Kind::already_there, "already_there"},
      Name{RowOutcome::Kind::waiting, "waiting"},
      Name{RowOutcome::Kind::rejected, "rejected"},
  };
};

template <>
struct Describe<RowOutcome> {
  static constexpr auto kClass = "RowOutcome";
  static constexpr auto kMembers = std::tuple{
      Member{"entry", &RowOutcome::entry},
      Member{"kind", &RowOutcome::kind},
  };
};

template <>
struct Describe<WireCounts> {
  static constexpr auto kClass = "WireCounts";
  static constexpr auto kMembers = std::tuple{
      Member{"round_trips", &WireCounts::round_trips},
      Member{"bytes_sent", &WireCounts::bytes_sent},
      Member{"bytes_received", &WireCounts::bytes_received},
  };
};

template <>
struct Describe<SyncReport> {
  static constexpr auto kClass = "SyncReport";
  static constexpr auto kMembers = std::tuple{
      Member{"pushed", &SyncReport::pushed},
      Member{"already_there", &SyncReport::already_there},
      Member{"waiting", &SyncReport::waiting},
      Member{"rejected", &SyncReport::rejected},
      Member{"rows", &SyncReport::rows},
      Member{"method", &SyncReport::method},
      Member{"pulled", &SyncReport::pulled},
      Member{"complete", &SyncReport::complete},
      Member{"horizon_age", &SyncReport::horizon_age},
      Member{"alembic_version", &SyncReport::alembic_version},
      Member{"warnings", &SyncReport::warnings},
      Member{"wire", &SyncReport::wire},
      Member{"duration", &SyncReport::duration},
  };
};

template <>
struct Describe<Difference::Kind> {
  static constexpr auto kClass = "Difference.Kind";
  static constexpr std::array kNames = {
      Name{Difference::Kind::missing_here, "missing_here"},
      Name{Difference::Kind::missing_on_server, "missing_on_server"},
      Name{Difference::Kind::different, "different"},
  };
};

template <>
struct Describe<Difference> {
  static constexpr auto kClass = "Difference";
  static constexpr auto kMembers = std::tuple{
      Member{"table", &Difference::table},
      Member{"key", &Difference::key},
      Member{"kind", &Difference::kind},
      Member{"columns", &Difference::columns},
      Member{"newer_on_server", &Difference::newer_on_server},
  };
};

template <>
struct Describe<VerifyDepth> {
  static constexpr auto kClass = "VerifyDepth";
  static constexpr std::array kNames = {
      Name{VerifyDepth::quick, "quick"},
      Name{VerifyDepth::full, "full"},
  };
};

template <>
struct Describe<BlockDifference> {
  static constexpr auto kClass = "BlockDifference";
  static constexpr auto kMembers = std::tuple{
      Member{"table", &BlockDifference::table},
      Member{"block", &BlockDifference::block},
      Member{"rows_here", &BlockDifference::rows_here},
      Member{"rows_on_server", &BlockDifference::rows_on_server},
      Member{"newer_on_server", &BlockDifference::newer_on_server},
  };
};

template <>
struct Describe<VerifyReport> {
  static constexpr auto kClass = "VerifyReport";
  static constexpr auto kMembers = std::tuple{
      Member{"equal", &VerifyReport::equal},
      Member{"depth", &VerifyReport::depth},
      Member{"rows_compared", &VerifyReport::rows_compared},
      Member{"blocks_compared", &VerifyReport::blocks_compared},
      Member{"difference_count", &VerifyReport::difference_count},
      Member{"differences", &VerifyReport::differences},
      Member{"blocks", &VerifyReport::blocks},
      Member{"skipped", &VerifyReport::skipped},
      Member{"wire", &VerifyReport::wire},
      Member{"duration", &VerifyReport::duration},
  };
};

template <>
struct Describe<SalvageReport> {
  static constexpr auto kClass = "SalvageReport";
  static constexpr auto kMembers = std::tuple{
      Member{"set_aside", &SalvageReport::set_aside},
      Member{"saved", &SalvageReport::saved},
      Member{"lost", &SalvageReport::lost},
  };
};

template <>
struct Describe<TableRepair> {
  static constexpr auto kClass = "TableRepair";
  static constexpr auto kMembers = std::tuple{
      Member{"blocks_compared", &TableRepair::blocks_compared},
      Member{"blocks_fetched", &TableRepair::blocks_fetched},
      Member{"rows_fetched", &TableRepair::rows_fetched},
      Member{"inserted", &TableRepair::inserted},
      Member{"updated", &TableRepair::updated},
      Member{"deleted", &TableRepair::deleted},
      Member{"held_deletes", &TableRepair::held_deletes},
      Member{"problem", &TableRepair::problem},
  };
};

template <>
struct Describe<RepairReport> {
  static constexpr auto kClass = "RepairReport";
  static constexpr auto kMembers = std::tuple{
      Member{"complete", &RepairReport::complete},
      Member{"tables", &RepairReport::tables},
      Member{"damaged_entries", &RepairReport::damaged_entries},
      Member{"salvaged", &RepairReport::salvaged},
      Member{"warnings", &RepairReport::warnings},
      Member{"wire", &RepairReport::wire},
      Member{"duration", &RepairReport::duration},
  };
};

template <>
struct Describe<Finding::Level> {
  static constexpr auto kClass = "Finding.Level";
  static constexpr std::array kNames = {
      Name{Finding::Level::ok, "ok"},
      Name{Finding::Level::advice, "advice"},
      Name{Finding::Level::problem, "problem"},
  };
};

template <>
struct Describe<Finding> {
  static constexpr auto kClass = "Finding";
  static constexpr auto kMembers = std::tuple{
      Member{"level", &Finding::level},
      Member{"what", &Finding::what},
      Member{"remedy", &Finding::remedy},
  };
};

template <>
struct Describe<DoctorReport> {
  static constexpr auto kClass = "DoctorReport";
  static constexpr auto kMembers = std::tuple{
      Member{"ok", &DoctorReport::ok},
      Member{"findings", &DoctorReport::findings},
  };
};

template <>
struct Describe<WatchState> {
  static constexpr auto kClass = "WatchState";
  static constexpr std::array kNames = {
      Name{WatchState::connecting, "connecting"},
      Name{WatchState::current, "current"},
      Name{WatchState::retrying, "retrying"},
      Name{WatchState::stopped, "stopped"},
  };
};

template <>
struct Describe<WatchEvent> {
  static constexpr auto kClass = "WatchEvent";
  static constexpr auto kMembers = std::tuple{
      Member{"state", &WatchEvent::state},
      Member{"report", &WatchEvent::report},
      Member{"error", &WatchEvent::error},
      Member{"retry_in", &WatchEvent::retry_in},
  };
};

}  // namespace playmirror::python
