#include "core/import/json_rows.hpp"

#include "core/import/read_problem.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <utility>

namespace playmirror::import {
namespace {

constexpr std::size_t kBuffer = 1 << 16;

/// More bytes than this between two values, and the file is no listening history: what is read of a
/// value is kept until its end.
constexpr std::size_t kLongestValue = 16 << 20;

constexpr std::size_t kDeepest = 64;

/// Values that first_paths() looks at.
constexpr int kFirstValues = 500;

/// A source as RapidJSON reads it.
class Stream {
 public:
  using Ch = char;

  explicit Stream(ByteSource& bytes) : bytes_(bytes) {
    // A byte order mark, which some editors leave behind; it may come in pieces.
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    while (end_ < kMark.size()) {
      const std::size_t got = bytes_.read(std::span(buffer_).subspan(end_));
      if (got == 0) break;
      end_ += got;
    }
    if (std::string_view(buffer_.data(), end_).starts_with(kMark)) at_ = kMark.size();
  }

  [[nodiscard]] char Peek() {
    if (at_ == end_) fill();
    return at_ == end_ ? '\0' : buffer_[at_];
  }
  char Take() {
    const char taken = Peek();
    if (at_ < end_) ++at_;
    if (++since_value_ > kLongestValue) throw ReadProblem("one value has more than 16 MB");
    return taken;
  }
  [[nodiscard]] std::size_t Tell() const { return before_ + at_; }

  void note_value() noexcept { since_value_ = 0; }

  /// Passes over white space; whether anything follows.
  bool has_more() {
    for (;;) {
      const char next = Peek();
      if (at_ == end_) return false;
      if (next != ' ' && next != '\n' && next != '\r' && next != '\t') return true;
      ++at_;
    }
  }

  // What a reader that changes nothing never calls.
  char* PutBegin() { return nullptr; }
  void Put(char) {}
  void Flush() {}
  std::size_t PutEnd(char*) { return 0; }

 private:
  void fill() {
    before_ += end_;
    at_ = 0;
    end_ = bytes_.read(buffer_);
  }

  ByteSource& bytes_;
  std::array<char, kBuffer> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::size_t before_ = 0;
  std::size_t since_value_ = 0;
};

/// Follows the path through a document. `Sink` is told of objects and values.
template <typename Sink>
class Walker {
 public:
  Walker(Stream& stream, Sink& sink) : stream_(stream), sink_(sink) {}

  // NOLINTBEGIN: the names are RapidJSON's.
  bool Null() { return value({}); }
  bool Bool(bool is) { return value(is); }
  bool Int(int is) { return value(std::int64_t{is}); }
  bool Uint(unsigned is) { return value(std::int64_t{is}); }
  bool Int64(std::int64_t is) { return value(is); }
  bool Uint64(std::uint64_t is) { return value(static_cast<double>(is)); }
  bool Double(double is) { return value(is); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return value(std::string(text, size));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    stream_.note_value();
    path_.resize(levels_.back().base);
    if (!path_.empty()) path_ += '.';
    path_.append(text, size);
    return true;
  }
  bool StartObject() { return enter(false) && sink_.begin_object(path_); }
  bool EndObject(rapidjson::SizeType) {
    levels_.pop_back();
    const bool more = sink_.end_object();
    leave();
    return more;
  }
  bool StartArray() { return enter(true); }
  bool EndArray(rapidjson::SizeType) {
    levels_.pop_back();
    leave();
    return true;
  }
  // NOLINTEND

 private:
  struct Level {
    std::size_t base = 0;  ///< length of the path of the object or array
    bool array = false;
  };

  void begin_value() {
    stream_.note_value();
    if (levels_.empty() || !levels_.back().array) return;
    path_.resize(levels_.back().base);
    path_ += "[]";
  }
  bool enter(bool array) {
    begin_value();
    if (levels_.size() == kDeepest) throw ReadProblem("it is nested more than 64 deep");
    levels_.push_back({path_.size(), array});
    return true;
  }
  void leave() { path_.resize(levels_.empty() ? 0 : levels_.back().base); }
  bool value(JsonRow::Value value) {
    begin_value();
    const bool more = sink_.value(path_, std::move(value));
    leave();
    return more;
  }

  Stream& stream_;
  Sink& sink_;
  std::string path_;
  std::vector<Level> levels_;
};

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseStopWhenDoneFlag;

/// Gathers the rows.
class RowSink {
 public:
  RowSink(std::string_view place, std::span<const std::string_view> paths,
          const std::function<void(const JsonRow&)>& use)
      : place_(place), row_(paths), use_(use) {}

  bool begin_object(std::string_view path) {
    if (depth_ > 0 || path == place_) ++depth_;
    return true;
  }
  bool end_object() {
    if (depth_ == 0 || --depth_ > 0) return true;
    use_(row_);
    row_.clear();
    return true;
  }
  bool value(std::string_view path, JsonRow::Value value) {
    if (depth_ == 0) return true;
    path.remove_prefix(place_.size());
    if (!place_.empty()) path.remove_prefix(1);  // the dot
    row_.put(path, std::move(value));
    return true;
  }

 private:
  std::string_view place_;
  JsonRow row_;
  const std::function<void(const JsonRow&)>& use_;
  int depth_ = 0;  ///< objects open, from the row's on
};

struct PathSink {
  std::set<std::string> paths = {};
  int left = kFirstValues;

  static bool begin_object(std::string_view) { return true; }
  static bool end_object() { return true; }
  bool value(std::string_view path, const JsonRow::Value&) {
    paths.emplace(path);
    return --left > 0;
  }
};

}  // namespace

std::optional<std::string> JsonRow::text(std::size_t field) const {
  const auto* text = std::get_if<std::string>(&values_[field].value);
  if (text == nullptr || text->empty()) return std::nullopt;
  return *text;
}

const std::vector<std::string>& JsonRow::texts(std::size_t field) const {
  return values_[field].all;
}

std::optional<double> JsonRow::number(std::size_t field) const {
  const Value& value = values_[field].value;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto whole = integer(field)) return static_cast<double>(*whole);
  return std::nullopt;
}

std::optional<std::int64_t> JsonRow::integer(std::size_t field) const {
  const Value& value = values_[field].value;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) {
    constexpr double kMost = 9e15;
    if (std::abs(*real) < kMost) return static_cast<std::int64_t>(std::trunc(*real));
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    std::int64_t integer = 0;
    const char* end = text->data() + text->size();
    const auto [read, error] = std::from_chars(text->data(), end, integer);
    if (error == std::errc() && read == end) return integer;
  }
  return std::nullopt;
}

std::optional<bool> JsonRow::boolean(std::size_t field) const {
  const Value& value = values_[field].value;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (*integer == 0 || *integer == 1) return *integer == 1;
  }
  return std::nullopt;
}

bool JsonRow::is_clean() const {
  return std::ranges::all_of(values_, [](const Field& field) {
    const auto* text = std::get_if<std::string>(&field.value);
    return (text == nullptr || text::is_server_text(*text)) &&
           std::ranges::all_of(field.all, text::is_server_text);
  });
}

void JsonRow::put(std::string_view path, Value value) {
  for (std::size_t field = 0; field < paths_.size(); ++field) {
    if (paths_[field] != path) continue;
    if (path.ends_with("[]") || path.find("[].") != std::string_view::npos) {
      if (auto* text = std::get_if<std::string>(&value)) {
        values_[field].all.push_back(std::move(*text));
      }
    } else {
      values_[field].value = std::move(value);
    }
    return;
  }
}

void JsonRow::clear() {
  for (Field& field : values_) {
    field.value = std::monostate();
    field.all.clear();
  }
}

void for_each_row(ByteSource& bytes, std::string_view place,
                  std::span<const std::string_view> paths,
                  const std::function<void(const JsonRow&)>& use) {
  Stream stream(bytes);
  RowSink rows(place, paths, use);
  rapidjson::Reader reader;
  while (stream.has_more()) {
    Walker<RowSink> walker(stream, rows);
    const auto result = reader.Parse<kFlags>(stream, walker);
    if (!result) {
      throw ReadProblem(std::string(rapidjson::GetParseError_En(result.Code())) + " At byte " +
                        std::to_string(result.Offset()) + ".");
    }
  }
}

std::set<std::string> first_paths(ByteSource& bytes) {
  PathSink paths;
  try {
    Stream stream(bytes);
    rapidjson::Reader reader;
    if (stream.has_more()) {
      Walker<PathSink> walker(stream, paths);
      static_cast<void>(reader.Parse<kFlags>(stream, walker));
    }
  } catch (const ReadProblem&) {
    // Whoever reads on will meet it again.
  }
  return std::move(paths.paths);
}

}  // namespace playmirror::import
