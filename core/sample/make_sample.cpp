#include "core/call_watch.hpp"
#include "core/files/private_file.hpp"
#include "core/files/replace_file.hpp"
#include "core/sample/library.hpp"
#include "core/sample/mirror_writer.hpp"

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <string>

namespace playmirror {
namespace {

constexpr std::int64_t kMostPlays = 10'000'000;

void remove_mirror(const std::filesystem::path& file) {
  for (const char* suffix : {"-wal", "-shm", "-lock", "-sync-lock", ""}) {
    auto each = file;
    each += suffix;
    files::remove(each);
  }
}

}  // namespace

Mirror Mirror::make_sample(const std::filesystem::path& file, const SampleOptions& options,
                           const CallControl& control) {
  if (options.plays < 1 || options.plays > kMostPlays) {
    raise(ErrorCode::invalid_argument, "a made-up library has 1 to 10,000,000 plays",
          {.hint = "Ask for another number of plays."});
  }
  if (files::exists(file)) {
    raise(ErrorCode::invalid_argument, file.string() + " exists already",
          {.hint = "A made-up library is a file of its own: choose another name."});
  }
  CallWatch watch(control);
  auto mirror = Mirror::open(file);
  try {
    sample::Plan plan = sample::plan_of_plays(static_cast<std::uint32_t>(options.plays));
    plan.seed = static_cast<std::uint64_t>(options.seed);
    sample::MirrorWriter writer(*mirror.state(), watch);
    sample::generate(plan, writer);
    writer.finish();
  } catch (...) {
    mirror.close();
    remove_mirror(file);
    throw;
  }
  return mirror;
}

}  // namespace playmirror
