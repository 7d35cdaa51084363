#include <algorithm>
#include <string>
#include <tenure/bad_configuration.hpp>
#include <tenure/candidacy.hpp>
#include <tenure/toolkit/duration_text.hpp>

#include "core/lease/lease_rules.hpp"

namespace tenure {
namespace {

using namespace std::chrono_literals;
using text::duration_text;
using text::rounded_duration_text;

constexpr duration most_lock_delay = 60s;

}  // namespace

duration candidacy::lock_delay() const noexcept {
  return lock_delay_.value_or(std::min(span_, most_lock_delay));
}

duration candidacy::stop_budget() const noexcept {
  return stop_budget_.value_or(core::lease_rules::default_stop_budget(span_));
}

duration candidacy::lease() const noexcept {
  return core::lease_rules(span_, stop_budget()).lease_end(time_point{}) - time_point{};
}

duration candidacy::proof_interval() const noexcept {
  return core::lease_rules(span_, stop_budget()).proof_interval();
}

void candidacy::check() const {
  if (value_.empty()) {
    throw bad_configuration(
        "an empty value cannot be published: it marks a key that was released; give one");
  }
  if (value_.size() > candidacy::most_value) {
    throw bad_configuration("a value of " + std::to_string(value_.size()) +
                            " bytes is too long: 384000 fit into one of Consul's transactions; "
                            "publish a shorter one");
  }
  if (span_ < core::least_span || span_ > 24h) {
    throw bad_configuration("span " + duration_text(span_) +
                            " is out of range: choose 500ms to 24h");
  }
  if (ttl_ < 10s || ttl_ > 24h) {
    throw bad_configuration("ttl " + duration_text(ttl_) +
                            " is out of range: Consul takes 10s to 24h");
  }
  if (lock_delay() < 0s || lock_delay() > most_lock_delay) {
    throw bad_configuration("lock-delay " + duration_text(lock_delay()) +
                            " is out of range: Consul takes 0s to 60s");
  }
  if (lock_delay() > 0s && lock_delay() < 1us) {
    throw bad_configuration("lock-delay " + duration_text(lock_delay()) +
                            " would be read as seconds by Consul: choose 0s or at least 1us");
  }
  const duration most = core::lease_rules::most_stop_budget(span_);
  if (stop_budget() < 0s || stop_budget() > most) {
    throw bad_configuration(
        "stop budget " + duration_text(stop_budget()) + " is out of range for span " +
        duration_text(span_) + ": at most 2/3 x " + duration_text(span_) + " - margin " +
        rounded_duration_text(core::lease_rules::margin_of(span_)) + " = " +
        rounded_duration_text(most) + "; choose a longer span or a shorter stop budget");
  }
}

}  // namespace tenure
