/// Mirror::import_plays().

#include "core/call_watch.hpp"
#include "core/columns/rebuild.hpp"
#include "core/import/documents.hpp"
#include "core/import/formats.hpp"
#include "core/import/read_ahead.hpp"
#include "core/import/read_problem.hpp"
#include "core/import/recorder.hpp"
#include "core/mirror/meta.hpp"
#include "core/mirror/state.hpp"
#include "core/outbox/new_row.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace playmirror {
namespace {

/// Listens recorded in one local transaction: few enough that nobody who reads or records waits for
/// long, enough that the pages of indexes are not written over and over.
constexpr std::size_t kBatch = 25'000;

/// To follow a new play into the columns costs what it costs to build them of a dozen, and where
/// one batch is full, more are to come.
constexpr std::int64_t kBuiltForOneFollowed = 40;

/// For the pages of indexes that new rows lie all over.
constexpr int kPagesKib = 64 * 1024;

/// What the server's column holds.
constexpr std::int64_t kMostListenedMs = std::numeric_limits<std::int32_t>::max();

/// The `source` of plays when none is asked for: that of Spotify's exports is known to statistics
/// as one that notes when plays end, and no two services are one source.
std::string usual_source(ImportFormat format) {
  const bool spotify =
      format == ImportFormat::spotify_extended || format == ImportFormat::spotify_account;
  return spotify ? "import" : std::string(to_string(format));
}

/// Reads documents and records what they hold.
class Importer {
 public:
  Importer(MirrorState& state, const ImportOptions& options, CallWatch& watch)
      : state_(state),
        options_(options),
        watch_(watch),
        latest_(Timestamp::from_postgres_micros(Timestamp::now().postgres_micros() + kDay)) {}

  ImportReport run(const std::vector<std::filesystem::path>& files) {
    std::vector<std::pair<import::Document, import::Reading>> histories;
    std::vector<std::size_t> places;
    for (import::Document& document : import::documents(files, [this] { watch_.tick(); })) {
      ImportedFile& file = report_.files.emplace_back(ImportedFile{.name = document.name});
      const auto reading = recognize(document, file);
      watch_.tick();
      if (!reading) continue;
      file.format = reading->format;
      places.push_back(report_.files.size() - 1);
      histories.emplace_back(std::move(document), *reading);
    }
    if (histories.empty()) refuse();
    fills_empty_mirror_ =
        state_.reader()->query_int("SELECT EXISTS (SELECT 1 FROM play_history)") == 0;
    in_columns_ = state_.reader()->query_int("SELECT sum(plays) FROM playmirror_blocks");
    import::Recorder recorder(state_.reader().database(), options_, report_);
    try {
      for (std::size_t i = 0; i < histories.size(); ++i) {
        read(histories[i].first, histories[i].second, report_.files[places[i]], recorder);
      }
    } catch (...) {
      settle();
      throw;
    }
    settle();
    return std::move(report_);
  }

 private:
  static constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000;

  std::optional<import::Reading> recognize(const import::Document& document, ImportedFile& file) {
    file.problem = document.problem;
    if (!document.open) return std::nullopt;
    try {
      return import::recognize(import::first_paths(*document.open()));
    } catch (const import::ReadProblem& problem) {
      file.problem = problem.what();
      return std::nullopt;
    }
  }

  [[noreturn]] void refuse() const {
    std::string message = "there is no listening history in the files";
    if (report_.files.size() == 1) message = report_.files[0].name + " is no listening history";
    for (const ImportedFile& file : report_.files) {
      if (!file.problem.empty()) message += " (" + file.name + ": " + file.problem + ")";
    }
    raise(ErrorCode::invalid_argument, message,
          {.hint = "Pass an export of Spotify, ListenBrainz, Last.fm or Maloja: JSON files, or the "
                   "zip as it came."});
  }

  void read(const import::Document& document, const import::Reading& reading, ImportedFile& file,
            import::Recorder& recorder) {
    source_ = options_.source.value_or(usual_source(reading.format));
    auto rows = import::read_ahead(document, reading, songs_,
                                   [&](const auto& row) { return judge(reading, row); });
    try {
      while (auto piece = rows.next([this] { watch_.tick(); })) {
        file.rows += piece->rows;
        report_.rows += piece->rows;
        for (const auto& [reason, count] : piece->left_out) recorder.leave_out(reason, count);
        std::ranges::move(piece->listens, std::back_inserter(batch_));
        watch_.tick();
        if (batch_.size() >= kBatch) record(recorder, document.name);
      }
    } catch (const import::ReadProblem& problem) {
      file.problem = problem.what();
    }
    record(recorder, document.name);
  }

  /// What the row tells, or why it is not recorded. Called on a thread of its own.
  [[nodiscard]] import::ToldOrReason judge(const import::Reading& reading,
                                           const import::JsonRow& row) const {
    import::ToldOrReason found = reading.tell(row);
    if (std::holds_alternative<import::Reason>(found)) return found;
    import::Told& told = std::get<import::Told>(found);
    const bool possible = told.at >= Timestamp() && told.at <= latest_;
    if (!possible && PLAYMIRROR_SAFEGUARD("possible times")) return import::Reason::no_time;
    if (told.listened_ms.value_or(0) > kMostListenedMs) return import::Reason::bad_value;
    if (told.song.duration_ms.value_or(0) > kMostListenedMs) told.song.duration_ms.reset();
    if (told.private_session && !options_.private_sessions &&
        PLAYMIRROR_SAFEGUARD("private sessions")) {
      return import::Reason::private_session;
    }
    return found;
  }

  /// What was recorded is on disk, and in the columns, when this returns.
  void settle() {
    const bool any = report_.recorded > 0 && !options_.dry_run;
    if (!any || !PLAYMIRROR_SAFEGUARD("settled import")) return;
    state_.write([](sqlite::Database& database) {
      if (columns::needs_rebuild(database)) columns::rebuild_or_drop(database);
      meta::write(database, meta::kLastImport, Timestamp::now().to_postgres_string());
    });
  }

  void record(import::Recorder& recorder, const std::string& name) {
    // Before the lock is taken: a callback may record something itself.
    watch_.progress({.phase = "import", .table = name, .rows = report_.rows});
    if (batch_.empty()) return;
    if (options_.dry_run) {
      recorder.look_up(state_.reader().database(), source_, batch_);
    } else {
      const auto tick = [this] { watch_.tick(); };
      const bool full = batch_.size() >= kBatch;
      if (full && !unlogged_ && fills_empty_mirror_) unlogged_.emplace(state_, tick);
      state_.write(
          [&](sqlite::Database& database) {
            if (full) database.keep_pages(kPagesKib);
            const std::int64_t recorded_before = report_.recorded;
            recorder.record(database, source_, batch_);
            if (report_.recorded == recorded_before) return;
            const bool many = report_.recorded * kBuiltForOneFollowed > in_columns_;
            if (many && (full || recorded_before > 0)) columns::drop(database);
          },
          tick, MirrorState::Durability::later);
      PLAYMIRROR_STEP("import.batch");
    }
    batch_.clear();
  }

  MirrorState& state_;
  const ImportOptions& options_;
  CallWatch& watch_;
  Timestamp latest_;
  ImportReport report_;
  import::SongPool songs_;
  std::vector<import::Listen> batch_;
  std::string source_;               ///< of the document at hand
  bool fills_empty_mirror_ = false;  ///< there was no play before
  std::int64_t in_columns_ = 0;      ///< plays, before
  std::optional<MirrorState::Unlogged> unlogged_;
};

}  // namespace

ImportReport Mirror::import_plays(const std::vector<std::filesystem::path>& files,
                                  const ImportOptions& options, const CallControl& control) const {
  if (options.source && options.source->empty()) {
    raise(ErrorCode::invalid_argument, "source is empty",
          {.hint = "Give the name that the imported plays shall have as their `source`."});
  }
  if (options.source) outbox::check_text("source", *options.source);
  CallWatch watch(control);
  state()->check_usable();
  if (!options.dry_run && state()->options().read_only) {
    raise(ErrorCode::storage_failed, "the mirror was opened read_only",
          {.hint = "Open it without read_only to record or sync."});
  }
  return Importer(*state(), options, watch).run(files);
}

}  // namespace playmirror
