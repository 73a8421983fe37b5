#include "core/outbox/row_image.hpp"

#include "core/text/crc64.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>
#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <istream>
#include <sstream>
#include <streambuf>
#include <utility>

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

[[noreturn]] void refuse(const std::string& why) {
  raise(ErrorCode::damaged, "the image of a recorded row cannot be read: " + why,
        {.hint = "Run verify() to list the damage; the entry stays in the outbox."});
}

/// Reads what encode() wrote, and believes no length that the bytes left cannot hold.
class ImageReader {
 public:
  explicit ImageReader(std::string_view bytes)
      : buffer_(bytes), stream_(&buffer_), archive_(stream_) {}

  RowImage read() {
    RowImage image;
    for (std::size_t left = length(); left > 0; --left) {
      std::string name = text();
      std::uint8_t missing = 0;
      archive_(missing);
      if (missing > 1) refuse("a field is neither there nor missing");
      image.fields.emplace_back(std::move(name),
                                missing != 0 ? std::nullopt : std::optional(text()));
    }
    for (std::size_t left = length(); left > 0; --left) image.artist_ids.push_back(text());
    if (buffer_.in_avail() > 0) refuse("bytes are left over");
    return image;
  }

 private:
  std::size_t length() {
    cereal::size_type length = 0;
    archive_(cereal::make_size_tag(length));
    if (length > static_cast<std::uint64_t>(std::max<std::streamsize>(buffer_.in_avail(), 0))) {
      refuse("a length is larger than the image");
    }
    return static_cast<std::size_t>(length);
  }

  std::string text() {
    std::string text(length(), '\0');
    archive_(cereal::binary_data(text.data(), text.size()));
    return text;
  }

  BytesBuffer buffer_;
  std::istream stream_;
  cereal::PortableBinaryInputArchive archive_;
};

}  // namespace

const std::optional<std::string>* RowImage::find(std::string_view column) const noexcept {
  const auto found = std::ranges::find(fields, column, &Field::first);
  return found == fields.end() ? nullptr : &found->second;
}

std::string decimal(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
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
  try {
    return ImageReader(bytes.substr(1)).read();
  } catch (const cereal::Exception& error) {
    refuse(error.what());
  }
}

std::int64_t checksum(std::string_view table, std::string_view identity, std::int64_t row_id,
                      std::string_view recorded_at, std::string_view image) {
  text::Crc64 crc;
  const std::string number = std::to_string(row_id);
  for (const std::string_view part :
       {table, identity, std::string_view(number), recorded_at, image}) {
    const std::string length = std::to_string(part.size()) + ':';
    crc.add(length);
    crc.add(part);
  }
  return static_cast<std::int64_t>(crc.value());
}

}  // namespace playmirror::outbox
