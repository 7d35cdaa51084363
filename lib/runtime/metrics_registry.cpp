#include <algorithm>
#include <cstdio>
#include <tenure/metrics.hpp>

namespace tenure {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::int64_t ns_per_second = 1'000'000'000;

constexpr bool table_in_order() {
  std::size_t i = 0;
  for (const metric_info& m : all_metrics) {
    if (static_cast<std::size_t>(m.what) != i++) return false;
  }
  return true;
}
static_assert(table_in_order());

constexpr std::array<std::uint8_t, metric_count> histogram_places = [] {
  std::array<std::uint8_t, metric_count> places{};
  std::uint8_t next = 0;
  for (const metric_info& m : all_metrics) {
    if (m.type == metric_type::histogram) places[static_cast<std::size_t>(m.what)] = next++;
  }
  return places;
}();

constexpr std::string_view name_of(metric_type type) noexcept {
  switch (type) {
    case metric_type::counter:
      return "counter";
    case metric_type::gauge:
      return "gauge";
    case metric_type::histogram:
      break;
  }
  return "histogram";
}

/// As a decimal number without an exponent and without trailing zeros, whatever the locale.
std::string seconds(duration d) {
  char text[32];
  const std::int64_t ns = std::max<std::int64_t>(d.count(), 0);
  std::snprintf(text, sizeof text, "%lld.%09lld", static_cast<long long>(ns / ns_per_second),
                static_cast<long long>(ns % ns_per_second));
  std::string trimmed = text;
  trimmed.erase(trimmed.find_last_not_of('0') + 1);
  if (trimmed.back() == '.') trimmed.pop_back();
  return trimmed;
}

class text_writer {
 public:
  void head(const metric_info& m) {
    line({"# HELP ", m.name, " ", m.help});
    line({"# TYPE ", m.name, " ", name_of(m.type)});
  }
  void number(const metric_info& m, std::int64_t value) {
    if (m.label.empty()) return line({m.name, " ", std::to_string(value)});
    line({m.name, "{", m.label, "=\"", m.label_value, "\"} ", std::to_string(value)});
  }
  void times(const metric_info& m, const metrics_registry::times& recorded) {
    std::string label;
    if (!m.label.empty()) {
      label.append(m.label).append("=\"").append(m.label_value).append("\"");
    }
    const std::string all = label.empty() ? std::string() : '{' + label + '}';
    const std::string bound = '{' + label + (label.empty() ? "" : ",") + "le=\"";
    std::uint64_t below = 0;  // the buckets of the format are cumulative
    for (std::size_t i = 0; i < metrics_registry::bounds.size(); ++i) {
      below += recorded.buckets[i];
      line({m.name, "_bucket", bound, seconds(metrics_registry::bounds[i]), "\"} ",
            std::to_string(below)});
    }
    const std::string count = std::to_string(recorded.count);
    line({m.name, "_bucket", bound, "+Inf\"} ", count});
    line({m.name, "_sum", all, " ", seconds(recorded.sum)});
    line({m.name, "_count", all, " ", count});
  }
  std::string take() { return std::move(out_); }

 private:
  void line(std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) out_ += part;
    out_ += '\n';
  }
  std::string out_;
};

}  // namespace

std::size_t metrics_registry::place_of(metric histogram) noexcept {
  return histogram_places[static_cast<std::size_t>(histogram)];
}

void metrics_registry::count(metric counter, std::uint64_t n) noexcept {
  values_[static_cast<std::size_t>(counter)].fetch_add(static_cast<std::int64_t>(n), relaxed);
}

void metrics_registry::change(metric gauge, std::int64_t by) noexcept {
  values_[static_cast<std::size_t>(gauge)].fetch_add(by, relaxed);
}

void metrics_registry::record(metric histogram, duration measured) noexcept {
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), measured) - bounds.begin();
  histogram_cells& cells = times_[place_of(histogram)];
  cells.buckets[static_cast<std::size_t>(bucket)].fetch_add(1, relaxed);
  cells.sum_ns.fetch_add(std::max(measured, duration{0}).count(), relaxed);
}

std::int64_t metrics_registry::value(metric which) const noexcept {
  return values_[static_cast<std::size_t>(which)].load(relaxed);
}

std::int64_t metrics_registry::total(metric any_of_them) const noexcept {
  std::int64_t sum = 0;
  for (const metric_info& m : all_metrics) {
    if (m.name == info(any_of_them).name) sum += value(m.what);
  }
  return sum;
}

metrics_registry::times metrics_registry::recorded(metric histogram) const noexcept {
  times all;
  if (info(histogram).type != metric_type::histogram) return all;
  const histogram_cells& cells = times_[place_of(histogram)];
  for (std::size_t i = 0; i < all.buckets.size(); ++i) {
    all.buckets[i] = cells.buckets[i].load(relaxed);
    all.count += all.buckets[i];
  }
  all.sum = duration(cells.sum_ns.load(relaxed));
  return all;
}

std::string metrics_registry::prometheus_text() const {
  text_writer out;
  std::string_view last;
  for (const metric_info& m : all_metrics) {
    if (m.name != last) out.head(m);
    last = m.name;
    if (m.type == metric_type::histogram) {
      out.times(m, recorded(m.what));
    } else {
      out.number(m, value(m.what));
    }
  }
  return out.take();
}

}  // namespace tenure
