#include "core/sample/listening.hpp"

#include "core/sample/taste.hpp"

#include <algorithm>
#include <queue>
#include <vector>

namespace playmirror::sample {
namespace {

using namespace std::chrono;

// In 1/10000 of all plays, by local hour.
constexpr std::array<std::uint64_t, 24> kHourWeights = {28,  19,  15,  7,   12,  76,  134, 220,
                                                        301, 451, 549, 619, 517, 584, 624, 741,
                                                        841, 871, 896, 828, 723, 562, 289, 92};
constexpr std::uint64_t kSessionEndsPerMille = 52;  // after each play
constexpr seconds kUsualPlay = 170s;                // with skips; to keep sessions apart
constexpr int kTries = 8;  // to find a free time for a session; after that, a second device plays
constexpr std::uint64_t kPolledFromPercent = 40;  // of the days; before that, a data export
constexpr std::uint64_t kPolledWithDetailsPerMille = 300;
constexpr std::uint64_t kTwicePerMille = 33;  // of the polled plays, so 2 % of all
constexpr std::uint64_t kSameSecondPerMille = 5;
constexpr std::uint64_t kLatePerMille = 3;
constexpr hours kLatest = 48h;
constexpr std::uint64_t kPlaylists = 40;
constexpr std::uint32_t kZeroLengthPlay = 50;  // counted among the plays of known length
constexpr std::uint32_t kOverlongPlay = 60;

struct Ending {
  std::int32_t listened_ms;
  bool skipped;
};

/// 40 % of the plays are skipped, most of them at once; 9 % just stop before the end.
Ending draw_ending(std::int32_t duration_ms, Random& random) {
  const auto within = [&](std::int32_t low, std::int32_t high) {
    const auto ms = static_cast<std::int32_t>(random.between(low, high));
    return Ending{std::min(ms, duration_ms - 1000), true};
  };
  const std::uint64_t draw = random.below(1000);
  if (draw < 256) return within(200, 2999);
  if (draw < 264) return within(3000, 4999);
  if (draw < 332) return within(5000, 29'999);
  if (draw < 380) return within(30'000, 119'999);
  if (draw < 400) return within(120'000, std::max(121'000, duration_ms - 1000));
  if (draw < 486) {
    const auto percent = static_cast<std::int32_t>(random.between(55, 99));
    return {duration_ms / 100 * percent, false};
  }
  return {duration_ms, false};
}

class Listener {
 public:
  Listener(const Plan& plan, const Catalogue& catalogue, const Days& days,
           const std::function<void(const Play&)>& take)
      : plan_(plan),
        catalogue_(catalogue),
        days_(days),
        take_(take),
        end_(berlin(days.day(days.rows.size()), 0s)),
        random_(plan.seed, Stream::plays),
        session_random_(plan.seed, Stream::sessions),
        taste_(plan, catalogue),
        hours_(kHourWeights) {}

  void listen() {
    for (std::size_t index = 0; index < days_.rows.size(); ++index) live_through(index);
    hand_over(Instant::max());
  }

 private:
  struct Session {
    sys_seconds start;
    std::uint32_t plays;
  };

  struct Heard {
    Instant at;  ///< when the backend heard of it
    std::uint64_t order;
    Play play;

    bool operator>(const Heard& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  void live_through(std::size_t index) {
    const sys_days day = days_.day(index);
    // A session that belongs to this day may have begun before its midnight, but not by that much.
    hand_over(berlin(day, 0s) - 12h);
    rows_left_ = days_.rows[index];
    polled_ = index * 100 >= days_.rows.size() * kPolledFromPercent;
    taste_.begin_day(static_cast<std::uint32_t>(index),
                     static_cast<std::uint32_t>(index * 65'536 / days_.rows.size()));
    play_at_clock_change(day);
    for (const Session& session : plan_sessions(day)) play(session);
  }

  /// Exactly one play at each instant at which the clocks change.
  void play_at_clock_change(sys_days day) {
    const year y = year_month_day{day}.year();
    for (const sys_seconds change : {summer_begins(y), summer_ends(y)}) {
      if (floor<days>(change) == day && rows_left_ > 0) {
        context_ = Context::none;
        hear(taste_.next_track(), change, change);
      }
    }
  }

  std::vector<Session> plan_sessions(sys_days day) {
    std::vector<Session> sessions;
    for (std::uint32_t left = rows_left_; left > 0;) {
      std::uint32_t plays = 1;
      while (plays < left && !session_random_.chance(kSessionEndsPerMille)) ++plays;
      left -= plays;
      Session session{draw_start(day, plays), plays};
      for (int i = 1; i < kTries && overlaps(session, sessions); ++i) {
        session.start = draw_start(day, plays);
      }
      sessions.push_back(session);
    }
    std::ranges::sort(sessions, {}, &Session::start);
    return sessions;
  }

  /// The hour that is drawn is that of a session's middle, so that its plays keep to the weights.
  sys_seconds draw_start(sys_days day, std::uint32_t plays) {
    const hours hour{hours_.draw(session_random_)};
    const seconds in_hour{session_random_.between(0, 3599)};
    const sys_seconds start = berlin(day, hour + in_hour) - plays * kUsualPlay / 2;
    return std::min(start, end_ - plays * 2 * kUsualPlay - 30min);  // the last one ends in time
  }

  static bool overlaps(const Session& session, const std::vector<Session>& others) {
    return std::ranges::any_of(others, [&](const Session& other) {
      return session.start < other.start + other.plays * kUsualPlay &&
             other.start < session.start + session.plays * kUsualPlay;
    });
  }

  void play(const Session& session) {
    const std::uint64_t draw = random_.below(100);
    context_ = draw < 45 ? Context::playlist : draw < 80 ? Context::album : Context::none;
    playlist_ = static_cast<std::uint8_t>(random_.below(kPlaylists));
    Instant start = session.start + milliseconds{random_.between(0, 999)};
    for (std::uint32_t i = 0; i < session.plays && rows_left_ > 0; ++i) {
      start = hear(taste_.next_track(), start);
      start += milliseconds{random_.between(0, 5000)};
    }
  }

  /// One listen, as one row or two. Returns when it ended. `stamp` overrides its time.
  Instant hear(std::uint32_t track, Instant start, std::optional<Instant> stamp = std::nullopt) {
    const Ending ending = draw_ending(catalogue_.tracks[track].duration_ms, random_);
    const Instant end = start + milliseconds{ending.listened_ms};
    if (!stamp && random_.chance(kSameSecondPerMille)) stamp = previous_stamp_;
    Play play{track, end, context_, playlist_, {}, {}, Source::import};
    if (polled_) {
      play.source = Source::spotify_poll;
      play.played_at = stamp.value_or(start);
      if (random_.chance(kPolledWithDetailsPerMille)) tell_details(play, ending);
      file(play, end);
      if (rows_left_ == 0 || stamp || !random_.chance(kTwicePerMille)) return end;
      play.source = Source::import;
    }
    play.played_at = stamp.value_or(floor<seconds>(end));
    tell_details(play, ending);
    file(play, end);
    return end;
  }

  void tell_details(Play& play, const Ending& ending) {
    ++detailed_;
    play.skipped = ending.skipped;
    play.listened_ms = ending.listened_ms;
    if (detailed_ == kZeroLengthPlay) play.listened_ms = 0;
    if (detailed_ == kOverlongPlay) {
      play.listened_ms = catalogue_.tracks[play.track].duration_ms * 5 / 2;
    }
  }

  /// The backend hears of a play when it ends, or up to two days later.
  void file(Play play, Instant end) {
    previous_stamp_ = floor<seconds>(play.played_at);
    if (++filed_ == plan_.plays / 2) play.played_at = end_ + days{365};  // a clock a year ahead
    if (random_.chance(kLatePerMille)) end += seconds{random_.between(0, seconds{kLatest}.count())};
    waiting_.push({end, filed_, play});
    --rows_left_;
  }

  void hand_over(Instant until) {
    for (; !waiting_.empty() && waiting_.top().at < until; waiting_.pop()) {
      take_(waiting_.top().play);
    }
  }

  const Plan& plan_;
  const Catalogue& catalogue_;
  const Days& days_;
  const std::function<void(const Play&)>& take_;
  const sys_seconds end_;
  Random random_;
  Random session_random_;
  Taste taste_;
  WeightedChoice hours_;
  std::priority_queue<Heard, std::vector<Heard>, std::greater<>> waiting_;
  std::optional<Instant> previous_stamp_;
  Context context_ = Context::none;
  std::uint8_t playlist_ = 0;
  bool polled_ = false;
  std::uint32_t rows_left_ = 0;  ///< of this day
  std::uint64_t filed_ = 0;
  std::uint32_t detailed_ = 0;
};

}  // namespace

void listen(const Plan& plan, const Catalogue& catalogue, const Days& days,
            const std::function<void(const Play&)>& take) {
  Listener(plan, catalogue, days, take).listen();
}

}  // namespace playmirror::sample
