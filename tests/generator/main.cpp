// music-generator: fills a database, or a directory of files, with a made-up music library.
#include "core/sample/library.hpp"
#include "postgres_writer.hpp"
#include "tsv_writer.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

namespace {

using playmirror::sample::Plan;

constexpr const char* kUsage =
    "usage: music-generator [--size small|medium|large|huge] [--plays N] [--tracks N]\n"
    "                       [--artists N] [--seed N] (--dsn CONNINFO | --out DIRECTORY)\n"
    "\n"
    "--dsn fills the six empty tables of a PostgreSQL database, in one transaction.\n"
    "--out writes one file per table, in the text format of COPY.\n"
    "Without --tracks and --artists there are as many as the plays call for.\n";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Arguments {
  Plan plan;
  std::optional<std::string> dsn;
  std::optional<std::string> directory;
};

template <typename Integer>
Integer number(const std::string& option, const char* text) {
  Integer value{};
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end) throw UsageError(option + " needs a number");
  return value;
}

Arguments parse(int argc, char** argv) {
  Arguments result;
  std::optional<std::uint32_t> tracks;
  std::optional<std::uint32_t> artists;
  std::uint64_t seed = result.plan.seed;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) throw UsageError(option + " needs a value");
    const char* value = argv[i + 1];
    if (option == "--size") {
      const auto plan = playmirror::sample::plan_of_size(value);
      if (!plan) throw UsageError(std::string("unknown size ") + value);
      result.plan = *plan;
    } else if (option == "--plays") {
      result.plan = playmirror::sample::plan_of_plays(number<std::uint32_t>(option, value));
    } else if (option == "--tracks") {
      tracks = number<std::uint32_t>(option, value);
    } else if (option == "--artists") {
      artists = number<std::uint32_t>(option, value);
    } else if (option == "--seed") {
      seed = number<std::uint64_t>(option, value);
    } else if (option == "--dsn") {
      result.dsn = value;
    } else if (option == "--out") {
      result.directory = value;
    } else {
      throw UsageError("unknown option " + option);
    }
  }
  if (result.dsn.has_value() == result.directory.has_value()) {
    throw UsageError("give either --dsn or --out");
  }
  result.plan.tracks = tracks.value_or(result.plan.tracks);
  result.plan.artists = artists.value_or(result.plan.artists);
  result.plan.seed = seed;
  return result;
}

void run(const Arguments& arguments) {
  if (arguments.dsn) {
    music_generator::PostgresWriter writer(*arguments.dsn);
    playmirror::sample::generate(arguments.plan, writer);
    writer.commit();
  } else {
    music_generator::TsvWriter writer(*arguments.directory);
    playmirror::sample::generate(arguments.plan, writer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "music-generator: %s\n\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "music-generator: %s\n", error.what());
    return 1;
  }
}
