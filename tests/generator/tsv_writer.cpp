#include "tsv_writer.hpp"

#include <cstdio>
#include <stdexcept>

namespace music_generator {
namespace {

constexpr std::size_t kFlushAt = 1 << 18;

}  // namespace

TsvWriter::TsvWriter(std::filesystem::path directory) : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_);
}

void TsvWriter::begin_table(std::string_view table, std::span<const std::string_view>) {
  const std::filesystem::path path = directory_ / (std::string(table) + ".tsv");
  file_.open(path, std::ios::binary | std::ios::trunc);
  if (!file_) throw std::runtime_error("cannot write " + path.string());
}

void TsvWriter::end_table() {
  flush();
  file_.close();
  if (!file_) throw std::runtime_error("cannot write to " + directory_.string());
}

void TsvWriter::end_row() {
  rows_ += '\n';
  if (rows_.size() >= kFlushAt) flush();
}

void TsvWriter::null() {
  separate();
  rows_ += "\\N";
}

void TsvWriter::text(std::string_view utf8) {
  separate();
  for (const char c : utf8) {
    switch (c) {
      case '\\':
        rows_ += "\\\\";
        break;
      case '\t':
        rows_ += "\\t";
        break;
      case '\n':
        rows_ += "\\n";
        break;
      case '\r':
        rows_ += "\\r";
        break;
      default:
        rows_ += c;
    }
  }
}

void TsvWriter::integer(std::int32_t value) {
  separate();
  rows_ += std::to_string(value);
}

void TsvWriter::thousandths(std::int32_t value) {
  separate();
  const std::int32_t size = value < 0 ? -value : value;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%s%d.%03d", value < 0 ? "-" : "", size / 1000, size % 1000);
  rows_ += digits;
}

void TsvWriter::boolean(bool value) {
  separate();
  rows_ += value ? 't' : 'f';
}

void TsvWriter::timestamp(Instant value) {
  separate();
  const auto day = std::chrono::floor<std::chrono::days>(value);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{value - day};
  char digits[40];
  std::snprintf(digits, sizeof digits, "%04d-%02u-%02u %02d:%02d:%02d.%06d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  rows_ += digits;
}

void TsvWriter::separate() {
  if (!rows_.empty() && rows_.back() != '\n') rows_ += '\t';
}

void TsvWriter::flush() {
  file_ << rows_;
  rows_.clear();
}

}  // namespace music_generator
