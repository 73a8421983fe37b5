/// Metrics::parse and Snapshot::metrics: what payload.cpp writes, read back.

#include "core/text/json_document.hpp"
#include "core/text/json_record.hpp"

#include <playmirror/error.hpp>
#include <playmirror/metrics_members.hpp>
#include <playmirror/records.hpp>

#include <string>
#include <string_view>

namespace playmirror {
namespace text {

template <>
struct JsonSpelling<Metrics> : JsonSpelling<void> {
  static constexpr std::string_view key(std::string_view member) {
    return member == "text" ? std::string_view() : member;
  }
};

template <>
struct JsonSpelling<MetricsFilter> : JsonSpelling<void> {
  static constexpr bool may_lack(std::string_view /*member*/) { return true; }
};

template <>
struct JsonSpelling<MetricsInput> : JsonSpelling<void> {
  static constexpr bool may_lack(std::string_view member) { return member == "left_out"; }
};

template <>
struct JsonSpelling<MetricsFeature> : JsonSpelling<void> {
  static constexpr std::string_view key(std::string_view member) {
    return member == "stddev" ? "std" : member;
  }
};

template <>
struct JsonSpelling<MetricsDay> : JsonSpelling<void> {
  static constexpr bool kIsList = true;
};

template <>
struct JsonSpelling<MetricsEra> : JsonSpelling<void> {
  static constexpr bool kIsList = true;
};

}  // namespace text

namespace {

constexpr std::string_view kForm = "playmirror.metrics/";
constexpr std::string_view kReads = "playmirror.metrics/1";

/// What `schema` says; empty when nothing does.
std::string_view schema_of(const text::Json& document) {
  if (!document.IsObject()) return {};
  const auto found = document.FindMember("schema");
  if (found == document.MemberEnd() || !found->value.IsString()) return {};
  return {found->value.GetString(), found->value.GetStringLength()};
}

void check_sizes(const Metrics& metrics) {
  const auto is_day = [](const auto& hours) { return hours.size() == 24; };
  if (metrics.clock && !is_day(*metrics.clock)) {
    throw text::JsonMismatch{"clock", "24 numbers"};
  }
  if (!metrics.heatmap) return;
  bool whole = metrics.heatmap->size() == 7;
  for (const auto& weekday : *metrics.heatmap) whole = whole && is_day(weekday);
  if (!whole) throw text::JsonMismatch{"heatmap", "7 lists of 24 numbers"};
}

/// A payload whose `schema` is one of ours.
Metrics read(const text::Json& document, std::string_view payload) {
  const std::string_view schema = schema_of(document);
  if (schema != kReads) {
    raise(ErrorCode::schema_mismatch,
          "the payload is of the form \"" + std::string(schema.substr(0, 60)) +
              "\", and this version reads " + std::string(kReads),
          {.hint = "Upgrade playmirror. The payload itself is in metrics_payload, untouched."});
  }
  try {
    auto metrics = text::from_json<Metrics>(document, {});
    check_sizes(metrics);
    metrics.text = payload;
    return metrics;
  } catch (const text::JsonMismatch& mismatch) {
    raise(ErrorCode::schema_mismatch,
          "the payload says that it is " + std::string(kReads) + ", but \"" + mismatch.where +
              "\" is not " + mismatch.expected,
          {.hint = "Another program changed it, or wrote it under our name. The payload itself is "
                   "in metrics_payload, untouched."});
  }
}

bool is_ours(const text::JsonDocument& payload) {
  return payload.is_json() && schema_of(payload.root).starts_with(kForm);
}

}  // namespace

Metrics Metrics::parse(std::string_view text) {
  const text::JsonDocument payload = text::parse_json(text);
  if (!payload.is_json()) {
    raise(ErrorCode::invalid_argument, "the text is not JSON: " + payload.problem,
          {.hint = "Give what Stats.metrics_payload() or Snapshot.metrics_payload holds."});
  }
  if (!is_ours(payload)) {
    raise(ErrorCode::invalid_argument,
          "the text is no payload of playmirror: no `schema` in it says " + std::string(kReads),
          {.hint = "Snapshot.metrics() gives the payloads of other programs as RawMetrics."});
  }
  return read(payload.root, text);
}

std::variant<std::monostate, Metrics, RawMetrics> Snapshot::metrics() const {
  if (!metrics_payload) return {};
  const text::JsonDocument payload = text::parse_json(*metrics_payload);
  if (!is_ours(payload)) return RawMetrics{.text = *metrics_payload};
  return read(payload.root, *metrics_payload);
}

}  // namespace playmirror
