// A mirror in a directory of its own, filled by SQL, for the tests of everything that reads.
#pragma once

#include "core/mirror/state.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/mirror.hpp>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror {

class QueryTest : public testing::Test {
 protected:
  ~QueryTest() override {
    mirror_.close();
    std::filesystem::remove_all(directory_);
  }

  /// Changes the file as a pull would: in one transaction, by SQL.
  void execute(std::string_view sql) {
    MirrorAccess::state(mirror_)->write([&](sqlite::Database& database) { database.execute(sql); });
  }

  /// What SQLite plans to do, one line per step.
  [[nodiscard]] std::string plan(const std::string& sql) const {
    auto reader = MirrorAccess::state(mirror_)->reader();
    auto step = reader->prepare("EXPLAIN QUERY PLAN " + sql);
    std::string plan;
    while (step.step()) plan += std::string(step.text(3)) + "\n";
    return plan;
  }

  template <typename Record>
  [[nodiscard]] static std::vector<Record> all(Cursor<Record> cursor) {
    std::vector<Record> records;
    while (auto record = cursor.next()) records.push_back(*std::move(record));
    return records;
  }

  template <typename Record>
  [[nodiscard]] static std::vector<std::int64_t> ids(const std::vector<Record>& records) {
    std::vector<std::int64_t> ids;
    for (const Record& record : records) ids.push_back(record.id);
    return ids;
  }

  std::filesystem::path directory_ = make_directory();
  Mirror mirror_ = Mirror::open(directory_ / "music.db");

 private:
  static std::filesystem::path make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "playmirror-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::filesystem::filesystem_error("mkdtemp", name,
                                              std::make_error_code(std::errc::io_error));
    return name;
  }
};

}  // namespace playmirror
