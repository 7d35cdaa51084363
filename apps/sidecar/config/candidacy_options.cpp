#include "sidecar/config/candidacy_options.hpp"

#include "sidecar/config/guarantee.hpp"

namespace tenure::sidecar {

void candidacy_options::read(const apps::yaml_map& map) {
  for (const char* key : {"value", "span", "ttl", "lock_delay", "stop_budget", "guarantee"}) {
    if (map.has(key)) lines_[key] = map.line_of_value(key);
  }
  const auto set = [&](std::optional<duration>& value, const char* key) {
    if (const auto read = map.time(key)) value = read;
  };
  if (const auto text = map.text("value")) value_ = *text;
  set(span_, "span");
  set(ttl_, "ttl");
  set(lock_delay_, "lock_delay");
  set(stop_budget_, "stop_budget");
  set(guarantee_, "guarantee");
}

int candidacy_options::line_of(const std::string& key, int otherwise) const {
  const auto found = lines_.find(key);
  return found == lines_.end() ? otherwise : found->second;
}

tenure::candidacy candidacy_options::candidacy(guarantee_use use) const {
  tenure::candidacy made(value_);
  std::optional<duration> ahead = guarantee_;
  if (use == guarantee_use::used && !ahead) ahead = default_guarantee;
  // Without a span in the file, the shortest one that allows the guarantee.
  if (!span_ && ahead) made.span(span_for(*ahead, made).value_or(made.span()));
  if (span_) made.span(*span_);
  if (ttl_) made.ttl(*ttl_);
  if (lock_delay_) made.lock_delay(*lock_delay_);
  if (stop_budget_) made.stop_budget(*stop_budget_);
  return made;
}

}  // namespace tenure::sidecar
