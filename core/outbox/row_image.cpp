#include "core/outbox/row_image.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <boost/crc.hpp>
#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#include <istream>
#include <sstream>
#include <streambuf>

namespace playmirror::outbox {
namespace {

constexpr char kVersion = 1;

/// The bytes as a stream without a copy.
class BytesBuffer : public std::streambuf {
 public:
  explicit BytesBuffer(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());
    setg(begin, begin, begin + bytes.size());
  }
};

using Crc64 = boost::crc_optimal<64, 0x42F0E1EBA9EA3693ULL, ~0ULL, ~0ULL, true, true>;

[[noreturn]] void refuse(const std::string& why) {
  raise(ErrorCode::damaged, "the image of a recorded row cannot be read: " + why,
        {.hint = "Run verify() to list the damage; the entry stays in the outbox."});
}

}  // namespace

const std::optional<std::string>* RowImage::find(std::string_view column) const noexcept {
  const auto found = std::ranges::find(fields, column, &Field::first);
  return found == fields.end() ? nullptr : &found->second;
}

std::string encode(const RowImage& image) {
  std::ostringstream stream;
  stream.put(kVersion);
  {
    cereal::PortableBinaryOutputArchive archive(stream);
    archive(image.fields, image.artist_ids);
  }
  return std::move(stream).str();
}

RowImage decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) refuse("its version is unknown");
  BytesBuffer buffer(bytes.substr(1));
  std::istream stream(&buffer);
  RowImage image;
  try {
    cereal::PortableBinaryInputArchive archive(stream);
    archive(image.fields, image.artist_ids);
  } catch (const std::exception& error) {
    // Also std::length_error and std::bad_alloc: cereal believes the lengths it reads. Callers
    // compare the checksum first, so this is the second line of defence.
    refuse(error.what());
  }
  if (buffer.in_avail() != 0) refuse("bytes are left over");
  return image;
}

std::int64_t checksum(std::string_view table, std::string_view identity, std::int64_t row_id,
                      std::string_view recorded_at, std::string_view image) {
  Crc64 crc;
  const std::string number = std::to_string(row_id);
  for (const std::string_view part :
       {table, identity, std::string_view(number), recorded_at, image}) {
    const std::string length = std::to_string(part.size()) + ':';
    crc.process_bytes(length.data(), length.size());
    crc.process_bytes(part.data(), part.size());
  }
  return static_cast<std::int64_t>(crc.checksum());
}

}  // namespace playmirror::outbox
