// The registry of metrics and the text that it writes, checked by the rules of Prometheus's text
// format 0.0.4.
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tenure/metrics.hpp>
#include <vector>

using namespace tenure;
using namespace std::chrono_literals;

namespace {

/// Reads an exposition and throws at the first thing that the format does not allow.
class exposition {
 public:
  explicit exposition(const std::string& text) {
    if (text.empty() || text.back() != '\n') fail("the last line does not end");
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) read(line);
    end_family();
  }

  double at(const std::string& series) const {
    const auto found = values.find(series);
    if (found == values.end()) throw std::runtime_error("no series " + series);
    return found->second;
  }

  std::map<std::string, double> values;      ///< by name and labels, as written
  std::map<std::string, std::string> types;  ///< by the name of the family

 private:
  [[noreturn]] static void fail(const std::string& why) { throw std::runtime_error(why); }

  void read(const std::string& line) {
    if (line.starts_with("# HELP ")) return read_help(line.substr(7));
    if (line.starts_with("# TYPE ")) return read_type(line.substr(7));
    if (line.empty() || line[0] == '#') fail("neither a comment nor a sample: " + line);
    read_sample(line);
  }

  void read_help(const std::string& rest) {
    end_family();
    family_ = rest.substr(0, rest.find(' '));
    check_name(family_);
    if (types.contains(family_)) fail("two groups of " + family_);
    if (rest.size() < family_.size() + 2) fail("no help for " + family_);
    if (rest.find('\\') != rest.npos) fail("an escape in the help of " + family_);
  }

  void read_type(const std::string& rest) {
    if (rest.substr(0, rest.find(' ')) != family_) fail("the type of another family: " + rest);
    const std::string type = rest.substr(family_.size() + 1);
    if (type != "counter" && type != "gauge" && type != "histogram") fail("type " + type);
    if (!types.emplace(family_, type).second) fail("two types of " + family_);
    if ((type == "counter") != family_.ends_with("_total")) fail(family_ + " is a " + type);
    if ((type == "histogram") != family_.ends_with("_seconds")) fail(family_ + " is a " + type);
  }

  void read_sample(const std::string& line) {
    const std::size_t space = line.rfind(' ');
    if (space == line.npos) fail("no value: " + line);
    const std::string series = line.substr(0, space);
    const std::string name = series.substr(0, series.find('{'));
    check_name(name);
    check_labels(series.substr(name.size()));
    char* end = nullptr;
    const std::string number = line.substr(space + 1);
    const double value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0' || !std::isfinite(value)) fail("not a number: " + line);
    if (types[family_] != "gauge" && value < 0) fail("a negative count: " + line);
    if (!values.emplace(series, value).second) fail("twice: " + series);
    if (types[family_] != "histogram") {
      if (name != family_) fail(series + " in the group of " + family_);
      return;
    }
    if (name == family_ + "_bucket") {
      add_bucket(series, value);
      return;
    }
    if (name != family_ + "_sum" && name != family_ + "_count") fail(series);
  }

  static void check_name(const std::string& name) {
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) fail("name " + name);
    for (const char c : name) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') fail("name " + name);
    }
  }

  static void check_labels(const std::string& labels) {
    if (labels.empty()) return;
    const std::size_t equals = labels.find("=\"");
    if (labels.front() != '{' || !labels.ends_with("\"}") || equals == labels.npos) fail(labels);
    check_name(labels.substr(1, equals - 1));
    const std::size_t end = labels.find('"', equals + 2);
    const std::string value = labels.substr(equals + 2, end - equals - 2);
    if (value.empty() || value.find_first_of("\\,") != value.npos) fail(labels);
    if (labels[end + 1] == ',') check_labels('{' + labels.substr(end + 2));
  }

  /// The bound, which comes last, and its bucket counts for the series without it.
  void add_bucket(const std::string& series, double value) {
    const std::size_t begin = series.find("le=\"");
    if (begin == series.npos) fail("a bucket without a bound: " + series);
    std::string labels = series.substr(family_.size() + 7, begin - family_.size() - 7);
    labels = labels == "{" ? "" : labels.substr(0, labels.size() - 1) + "}";
    const std::string bound = series.substr(begin + 4, series.size() - begin - 6);
    buckets_[labels].emplace_back(bound, value);
  }

  /// Of a histogram: bounds ascend to +Inf, counts do not fall, and the last is the count.
  void end_family() {
    if (family_.empty()) return;
    if (!types.contains(family_)) fail("no type of " + family_);
    if (types[family_] != "histogram") return;
    for (const auto& [labels, buckets] : buckets_) {
      double bound = 0;
      double count = 0;
      for (const auto& [le, value] : buckets) {
        const double next = le == "+Inf" ? INFINITY : std::strtod(le.c_str(), nullptr);
        if (next <= bound || value < count) fail("buckets of " + family_ + labels);
        bound = next;
        count = value;
      }
      const bool all = bound == INFINITY && count == at(family_ + "_count" + labels);
      if (!all) fail("count of " + family_ + labels);
      at(family_ + "_sum" + labels);
    }
    buckets_.clear();
  }

  std::string family_;
  std::map<std::string, std::vector<std::pair<std::string, double>>> buckets_;  ///< by labels
};

}  // namespace

TEST_CASE("a fresh registry writes every series with the value 0") {
  const exposition text(metrics_registry().prometheus_text());
  std::set<std::string_view> names;
  for (const metric_info& m : all_metrics) names.insert(m.name);
  CHECK(text.types.size() == names.size());
  for (const auto& [series, value] : text.values) CHECK(value == 0);
  CHECK(text.at("tenure_claims_refused_total{reason=\"lock_delay\"}") == 0);
  CHECK(text.at("tenure_elections{standing=\"leading\"}") == 0);
}

TEST_CASE("the table names each series once, with a help of one sentence") {
  std::set<std::string> series;
  for (const metric_info& m : all_metrics) {
    CHECK(m.name.starts_with("tenure_"));
    CHECK(m.help.ends_with('.'));
    CHECK(m.label.empty() == m.label_value.empty());
    CHECK(series.insert(std::string(m.name) + '/' + std::string(m.label_value)).second);
  }
  for (int why = 1; why <= static_cast<int>(end_reason::shut_down); ++why) {
    const auto reason = static_cast<end_reason>(why);
    CHECK(info(terms_ended(reason)).label_value == to_string(reason));
  }
  for (int s = 0; s <= static_cast<int>(standing::stopping); ++s) {
    const auto which = static_cast<standing>(s);
    CHECK(info(elections_with(which)).label_value == to_string(which));
  }
}

TEST_CASE("counters add up, gauges rise and fall") {
  metrics_registry all;
  all.count(metric::claims_refused_lock_delay, 2);
  all.count(metric::claims_refused_changed, 1);
  all.count(metric::claims_refused_lock_delay, 3);
  all.change(metric::sessions, 4);
  all.change(metric::sessions, -1);
  CHECK(all.value(metric::claims_refused_lock_delay) == 5);
  CHECK(all.total(metric::claims_refused_held) == 6);
  CHECK(all.value(metric::sessions) == 3);
  const exposition text(all.prometheus_text());
  CHECK(text.at("tenure_claims_refused_total{reason=\"lock_delay\"}") == 5);
  CHECK(text.at("tenure_claims_refused_total{reason=\"changed\"}") == 1);
  CHECK(text.at("tenure_sessions") == 3);
}

TEST_CASE("a histogram counts each duration in the first bucket whose bound it does not exceed") {
  metrics_registry all;
  for (const duration d : {0ns, 1'000'000ns, 1'000'001ns, 60'000'000'000ns, 60'000'000'001ns}) {
    all.record(metric::claim_seconds, d);
  }
  const metrics_registry::times seen = all.recorded(metric::claim_seconds);
  CHECK(seen.count == 5);
  CHECK(seen.sum == 120s + 2ms + 2ns);
  CHECK(seen.buckets[0] == 2);
  CHECK(seen.buckets[1] == 1);
  CHECK(seen.buckets[14] == 1);
  CHECK(seen.buckets[15] == 1);
  CHECK(all.recorded(metric::proof_seconds).count == 0);
  CHECK(all.recorded(metric::claims).count == 0);

  const exposition text(all.prometheus_text());
  CHECK(text.at("tenure_claim_seconds_bucket{le=\"0.001\"}") == 2);
  CHECK(text.at("tenure_claim_seconds_bucket{le=\"0.0025\"}") == 3);
  CHECK(text.at("tenure_claim_seconds_bucket{le=\"10\"}") == 3);
  CHECK(text.at("tenure_claim_seconds_bucket{le=\"60\"}") == 4);
  CHECK(text.at("tenure_claim_seconds_count") == 5);
  CHECK(text.at("tenure_claim_seconds_sum") == 120.002000002);
}

TEST_CASE("a histogram with a label has the buckets of each value") {
  metrics_registry all;
  all.record(metric::request_seconds_session, 3ms);
  all.record(metric::request_seconds_read, 30s);
  const exposition text(all.prometheus_text());
  CHECK(text.at("tenure_request_seconds_bucket{operation=\"session\",le=\"0.0025\"}") == 0);
  CHECK(text.at("tenure_request_seconds_bucket{operation=\"session\",le=\"0.005\"}") == 1);
  CHECK(text.at("tenure_request_seconds_count{operation=\"read\"}") == 1);
  CHECK(text.at("tenure_request_seconds_sum{operation=\"read\"}") == 30);
  CHECK(text.at("tenure_request_seconds_count{operation=\"agent\"}") == 0);
}
