#include "ops/prometheus/answer.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::ops {

namespace {

constexpr std::size_t kMaxNotes = 20;
constexpr std::size_t kMaxNoteBytes = 512;

using Read = std::expected<PrometheusAnswer, PrometheusError>;

std::unexpected<Error> strange(std::string_view what) {
  return fail(ErrorCode::kProtocol,
              fmt::format("this is no answer of a Prometheus server: {}", what));
}

void read_notes(json::Value list, std::vector<std::string>& notes) {
  for (const json::Value each : list.elements()) {
    if (notes.size() < kMaxNotes) notes.emplace_back(truncate_utf8(each.string(), kMaxNoteBytes));
  }
}

// Writes the series, one after the other, as far as the limits go.
class SeriesWriter {
 public:
  SeriesWriter(PrometheusAnswer& answer, const AnswerLimits& limits)
      : answer_(answer), limits_(limits) {
    writer_.begin_array();
  }

  void add(json::Value series) {
    if (++answer_.series > limits_.max_series) answer_.truncated = true;
    const bool kept = answer_.series <= limits_.max_series && left() > 0;
    if (kept) {
      writer_.begin_object().key("metric").raw(series["metric"].is_object() ? series["metric"].raw()
                                                                            : "{}");
    }
    add_samples("values", series["value"], series["values"], kept);
    if (series["histogram"].exists() || series["histograms"].exists()) {
      add_samples("histograms", series["histogram"], series["histograms"], kept);
    }
    if (kept) writer_.end_object();
  }

  // A scalar or a string: one sample without labels.
  void add_bare(json::Value sample) {
    ++answer_.series;
    writer_.begin_object().key("metric").raw("{}");
    add_samples("values", sample, {}, true);
    writer_.end_object();
  }

  std::string take() { return writer_.end_array().take(); }

 private:
  std::size_t left() const {
    return limits_.max_samples > answer_.samples ? limits_.max_samples - answer_.samples : 0;
  }

  void add_samples(std::string_view key, json::Value one, json::Value many, bool kept) {
    if (kept) writer_.key(key).begin_array();
    const auto add_one = [&](json::Value sample) {
      if (left() == 0) answer_.truncated = true;
      if (kept && left() > 0) writer_.raw(sample.raw());
      ++answer_.samples;
    };
    if (one.is_array()) add_one(one);
    for (const json::Value each : many.elements()) add_one(each);
    if (kept) writer_.end_array();
  }

  PrometheusAnswer& answer_;
  const AnswerLimits& limits_;
  json::Writer writer_;
};

}  // namespace

Result<Read> read_answer(std::string body, const AnswerLimits& limits) {
  const auto document = json::Document::parse(std::move(body));
  if (!document) return strange(document.error().message);
  const json::Value root = document->root();
  const std::string_view status = root["status"].string();
  if (status == "error") {
    return Read(std::unexpect,
                PrometheusError{std::string(truncate_utf8(root["errorType"].string(), 64)),
                                std::string(truncate_utf8(root["error"].string(), 2048))});
  }
  const json::Value data = root["data"];
  const json::Value result = data["result"];
  if (status != "success" || !result.is_array()) return strange("it has no status and no result");

  PrometheusAnswer answer;
  answer.result_type = data["resultType"].string();
  read_notes(root["warnings"], answer.warnings);
  read_notes(root["infos"], answer.warnings);
  SeriesWriter writer(answer, limits);
  if (answer.result_type == "scalar" || answer.result_type == "string") {
    writer.add_bare(result);
  } else if (answer.result_type == "vector" || answer.result_type == "matrix") {
    for (const json::Value each : result.elements()) {
      if (!each.is_object()) return strange("a series is no object");
      writer.add(each);
    }
  } else {
    return strange(
        fmt::format("'{}' is no type of result", printable(truncate_utf8(answer.result_type, 64))));
  }
  answer.result = writer.take();
  return Read(std::move(answer));
}

}  // namespace larkspur::ops
