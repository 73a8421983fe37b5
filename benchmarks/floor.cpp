// floor: the least that the same work can cost through libpq, for the benchmarks to compare with.
//
//   floor DSN
//
// Reads steps from standard input, one per line, and does them in order at the line `go`, on one
// connection that is open already. Then it answers with one line: the seconds that the steps took
// together, the rows and the bytes that came. What came is not looked at.
//
//   run SQL          one or more statements; COPY ... TO STDOUT may be among them
//   load FILE SQL    one or more statements, the last of them COPY ... FROM STDIN, and what to send
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Step {
  std::string sql;
  std::string payload = {};  ///< for COPY ... FROM STDIN
};

struct Counts {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

[[noreturn]] void fail(const Connection& connection) {
  throw std::runtime_error(PQerrorMessage(connection.get()));
}

void drain_copy(const Connection& connection, Counts& counts) {
  char* data = nullptr;
  int length = 0;
  while ((length = PQgetCopyData(connection.get(), &data, 0)) > 0) {
    ++counts.rows;
    counts.bytes += length;
    PQfreemem(data);
  }
  if (length != -1) fail(connection);
}

void send_copy(const Connection& connection, const std::string& payload) {
  if (PQputCopyData(connection.get(), payload.data(), static_cast<int>(payload.size())) != 1 ||
      PQputCopyEnd(connection.get(), nullptr) != 1) {
    fail(connection);
  }
}

void perform(const Connection& connection, const Step& step, Counts& counts) {
  if (PQsendQuery(connection.get(), step.sql.c_str()) != 1) fail(connection);
  for (;;) {
    const Result result(PQgetResult(connection.get()), PQclear);
    if (!result) return;
    switch (PQresultStatus(result.get())) {
      case PGRES_COMMAND_OK:
        break;
      case PGRES_TUPLES_OK:
        counts.rows += PQntuples(result.get());
        break;
      case PGRES_COPY_OUT:
        drain_copy(connection, counts);
        break;
      case PGRES_COPY_IN:
        send_copy(connection, step.payload);
        break;
      default:
        fail(connection);
    }
  }
}

std::string contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Step parse(const std::string& line) {
  const auto end_of_word = [&](std::size_t begin) {
    const std::size_t end = line.find(' ', begin);
    if (end == std::string::npos) throw std::runtime_error("this is no step: " + line);
    return end;
  };
  const std::size_t verb = end_of_word(0);
  if (line.compare(0, verb, "run") == 0) return {line.substr(verb + 1)};
  if (line.compare(0, verb, "load") != 0) throw std::runtime_error("this is no step: " + line);
  const std::size_t file = end_of_word(verb + 1);
  return {line.substr(file + 1), contents(line.substr(verb + 1, file - verb - 1))};
}

void serve(const char* dsn) {
  const Connection connection(PQconnectdb(dsn), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) fail(connection);
  std::vector<Step> steps;
  for (std::string line; std::getline(std::cin, line);) {
    if (line != "go") {
      steps.push_back(parse(line));
      continue;
    }
    Counts counts;
    const auto begin = std::chrono::steady_clock::now();
    for (const Step& step : steps) perform(connection, step, counts);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::cout << seconds.count() << ' ' << counts.rows << ' ' << counts.bytes << std::endl;
    steps.clear();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: floor DSN, with steps on standard input\n", stderr);
    return 2;
  }
  try {
    std::cout.precision(9);
    serve(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "floor: %s\n", error.what());
    return 1;
  }
}
