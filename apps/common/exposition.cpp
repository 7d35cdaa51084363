#include "common/exposition.hpp"

#include <algorithm>
#include <cstdio>
#include <tenure/toolkit/ascii.hpp>

#include "common/json.hpp"

namespace tenure::apps {
namespace {

/// Plain decimals, whatever the locale.
std::string text_of(double v) {
  char text[340];
  const int size = std::snprintf(text, sizeof text, "%.3f", v);
  std::string all(text, static_cast<std::size_t>(size));
  std::ranges::replace(all, ',', '.');
  all.erase(all.find_last_not_of('0') + 1);
  if (all.ends_with('.')) all.pop_back();
  return all;
}

}  // namespace

// The format knows the escapes of quote, backslash and line end, as JSON has them, and no other.
std::string label_text(std::string_view name, std::string_view value) {
  std::string plain(value);
  std::ranges::replace_if(plain, [](char c) { return text::is_control(c) && c != '\n'; }, ' ');
  return std::string(name) + '=' + json_string(plain);
}

void exposition::head(const char* name, const char* type, const char* help) {
  out_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  name_ = name;
}

void exposition::sample(std::string_view labels, const std::string& v) {
  out_ += name_;
  if (!labels.empty()) out_.append("{").append(labels).append("}");
  out_.append(" ").append(v).append("\n");
}

void exposition::value(std::uint64_t v) { sample({}, std::to_string(v)); }
void exposition::value(double v) { sample({}, text_of(v)); }
void exposition::value(const char* label, std::string_view label_value, std::uint64_t v) {
  sample(label_text(label, label_value), std::to_string(v));
}
void exposition::value(const char* label, std::string_view label_value, double v) {
  sample(label_text(label, label_value), text_of(v));
}
void exposition::histogram(const char* name, const char* help, const std::vector<double>& bounds,
                           const std::vector<std::uint64_t>& counts, double sum) {
  head(name, "histogram", help);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    const std::string bound = i < bounds.size() ? text_of(bounds[i]) : "+Inf";
    out_.append(name).append("_bucket{le=\"").append(bound).append("\"} ");
    out_.append(std::to_string(total)).append("\n");
  }
  out_.append(name).append("_sum ").append(text_of(sum)).append("\n");
  out_.append(name).append("_count ").append(std::to_string(total)).append("\n");
}

void exposition::labelled(std::string_view labels, std::uint64_t v) {
  sample(labels, std::to_string(v));
}

}  // namespace tenure::apps
