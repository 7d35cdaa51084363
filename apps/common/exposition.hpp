// Metrics in the text format 0.0.4 of Prometheus.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenure::apps {

class exposition {
 public:
  /// Begins a metric: its samples follow.
  void head(const char* name, const char* type, const char* help);
  void value(std::uint64_t v);
  void value(double v);
  void value(const char* label, std::string_view label_value, std::uint64_t v);
  void value(const char* label, std::string_view label_value, double v);
  /// With several labels: `name="value",...`, as label_text() makes them.
  void labelled(std::string_view labels, std::uint64_t v);
  /// A metric with one sample and no label.
  template <class Number>
  void single(const char* name, const char* type, const char* help, Number v) {
    head(name, type, help);
    value(v);
  }
  /// `counts` has one number for each bound, of the values up to it and above the bound before, and
  /// one more for those above the last.
  void histogram(const char* name, const char* help, const std::vector<double>& bounds,
                 const std::vector<std::uint64_t>& counts, double sum);
  std::string take() { return std::move(out_); }

 private:
  void sample(std::string_view labels, const std::string& v);

  std::string out_;
  const char* name_ = "";
};

/// `name="value"`, escaped. Control characters become spaces, bytes that are not UTF-8 U+FFFD.
std::string label_text(std::string_view name, std::string_view value);

}  // namespace tenure::apps
