#include "core/text/json_document.hpp"

#include <charconv>
#include <cstdint>
#include <locale>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <sstream>
#include <system_error>

namespace playmirror::text {
namespace {

using rapidjson::SizeType;

/// Builds the document, and reads its numbers: RapidJSON's own way to exact ones shifts zeros of
/// many digits by a number of bits that nothing defines.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  explicit Builder(rapidjson::Document& into) : into_(into) {}

  bool Null() { return into_.Null(); }
  bool Bool(bool value) { return into_.Bool(value); }
  bool String(const char* text, SizeType size, bool copy) { return into_.String(text, size, copy); }
  bool StartObject() { return into_.StartObject(); }
  bool Key(const char* text, SizeType size, bool copy) { return into_.Key(text, size, copy); }
  bool EndObject(SizeType members) { return into_.EndObject(members); }
  bool StartArray() { return into_.StartArray(); }
  bool EndArray(SizeType elements) { return into_.EndArray(elements); }

  bool RawNumber(const char* text, SizeType size, bool /*copy*/) {
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text, text + size, whole);
    if (error == std::errc() && end == text + size) return into_.Int64(whole);
    std::istringstream digits(std::string(text, size));
    digits.imbue(std::locale::classic());
    double number = 0;
    return digits >> number && into_.Double(number);
  }

 private:
  rapidjson::Document& into_;
};

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                            rapidjson::kParseNumbersAsStringsFlag;

std::string problem_in(const rapidjson::Reader& reader) {
  const rapidjson::ParseErrorCode code = reader.GetParseErrorCode();
  const std::string what = code == rapidjson::kParseErrorTermination
                               ? "A number is too big."  // which Builder would not take
                               : rapidjson::GetParseError_En(code);
  return what + " At byte " + std::to_string(reader.GetErrorOffset()) + ".";
}

}  // namespace

JsonDocument parse_json(std::string_view text) {
  JsonDocument parsed;
  rapidjson::Reader reader;
  auto build = [&](rapidjson::Document& into) {
    rapidjson::MemoryStream bytes(text.data(), text.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
    Builder builder(into);
    return !reader.Parse<kFlags>(stream, builder).IsError();
  };
  parsed.root.Populate(build);
  if (reader.HasParseError()) parsed.problem = problem_in(reader);
  return parsed;
}

}  // namespace playmirror::text
