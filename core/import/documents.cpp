#include "core/import/documents.hpp"

#include "core/import/read_problem.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <utility>
#include <zip.h>

namespace playmirror::import {
namespace {

using Path = std::filesystem::path;

class FileBytes : public ByteSource {
 public:
  explicit FileBytes(const Path& file) : file_(file, std::ios::binary) {
    if (!file_) throw ReadProblem("it cannot be opened");
  }
  std::size_t read(std::span<char> room) override {
    file_.read(room.data(), static_cast<std::streamsize>(room.size()));
    if (file_.bad()) throw ReadProblem("reading it failed");
    return static_cast<std::size_t>(file_.gcount());
  }

 private:
  std::ifstream file_;
};

struct CloseArchive {
  void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
};
using Archive = std::shared_ptr<zip_t>;

class MemberBytes : public ByteSource {
 public:
  MemberBytes(Archive archive, zip_uint64_t index)
      : archive_(std::move(archive)), member_(zip_fopen_index(archive_.get(), index, 0)) {
    if (!member_) throw ReadProblem(zip_strerror(archive_.get()));
  }
  std::size_t read(std::span<char> room) override {
    const zip_int64_t got = zip_fread(member_.get(), room.data(), room.size());
    // At its end this also tells of a checksum that does not fit.
    if (got < 0) throw ReadProblem(zip_file_strerror(member_.get()));
    return static_cast<std::size_t>(got);
  }

 private:
  struct Close {
    void operator()(zip_file_t* member) const noexcept { zip_fclose(member); }
  };
  Archive archive_;
  std::unique_ptr<zip_file_t, Close> member_;
};

bool is_archive(const Path& file) {
  std::ifstream stream(file, std::ios::binary);
  char start[4] = {};
  stream.read(start, sizeof(start));
  const std::string_view bytes(start, static_cast<std::size_t>(stream.gcount()));
  return bytes == "PK\3\4" || bytes == "PK\5\6";  // the second: an empty one
}

std::vector<Document> members(const Path& file) {
  const std::string name = file.string();
  int error = 0;
  const Archive archive(zip_open(name.c_str(), ZIP_RDONLY, &error), CloseArchive());
  if (!archive) {
    zip_error_t reason;
    zip_error_init_with_code(&reason, error);
    std::string problem = zip_error_strerror(&reason);
    zip_error_fini(&reason);
    return {{.name = name, .problem = std::move(problem)}};
  }
  std::vector<Document> found;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t number = 0; number < count; ++number) {
    const auto index = static_cast<zip_uint64_t>(number);
    const char* member = zip_get_name(archive.get(), index, ZIP_FL_ENC_GUESS);
    const std::string_view member_name = member == nullptr ? "" : member;
    if (member_name.ends_with('/')) continue;
    found.push_back({.name = name + ": " + std::string(member_name), .open = [archive, index] {
                       return std::make_unique<MemberBytes>(archive, index);
                     }});
  }
  std::ranges::sort(found, {}, &Document::name);
  return found;
}

void add(const Path& file, std::vector<Document>& found) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    // Each file is read twice, first to see what it is; and opening a pipe can wait for ever.
    found.push_back({.name = file.string(), .problem = "it is no file: save it as one first"});
  } else if (is_archive(file)) {
    for (Document& member : members(file)) found.push_back(std::move(member));
  } else {
    found.push_back(
        {.name = file.string(), .open = [file] { return std::make_unique<FileBytes>(file); }});
  }
}

/// A directory that cannot be read is a document with that problem.
void add_files_below(const Path& directory, std::vector<Path>& files,
                     std::vector<Document>& problems, const std::function<void()>& tick) {
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    tick();
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) {
      files.push_back(entry->path());
    } else if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
      add_files_below(entry->path(), files, problems, tick);
    }
  }
  if (error) problems.push_back({.name = directory.string(), .problem = error.message()});
}

}  // namespace

std::vector<Document> documents(const std::vector<std::filesystem::path>& files,
                                const std::function<void()>& tick) {
  std::vector<Document> found;
  for (const Path& file : files) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
      std::vector<Path> inside;
      add_files_below(file, inside, found, tick);
      std::ranges::sort(inside);
      for (const Path& each : inside) {
        tick();
        add(each, found);
      }
    } else if (std::filesystem::exists(file, error)) {
      add(file, found);
    } else {
      raise(ErrorCode::invalid_argument,
            file.string() +
                (error ? " cannot be read: " + error.message() : std::string(" does not exist")),
            {.hint = "Pass the files, archives or directories that the export consists of."});
    }
  }
  return found;
}

}  // namespace playmirror::import
