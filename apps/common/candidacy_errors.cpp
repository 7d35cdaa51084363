#include "common/candidacy_errors.hpp"

#include <tenure/bad_configuration.hpp>

#include "common/duration.hpp"

namespace tenure::apps {
namespace {

constexpr candidacy_setting settings[] = {
    {"span ", "span", "--span", "TENURE_SPAN"},
    {"ttl ", "ttl", "--ttl", "TENURE_TTL"},
    {"lock-delay ", "lock_delay", "--lock-delay", "TENURE_LOCK_DELAY"},
    {"stop budget ", "stop_budget", "--grace", "TENURE_GRACE"},
    {"a value ", "value", "--value", "TENURE_VALUE"},
    {"an empty value ", "value", "--value", "TENURE_VALUE"},
    {"weight ", "weight", "--weight", "TENURE_WEIGHT"},
    {"capacity ", "capacity", "--capacity", "TENURE_CAPACITY"},
    {"a member", "member", "--member", "TENURE_MEMBER"},
    {"the member's name ", "member", "--member", "TENURE_MEMBER"},
};

}  // namespace

const candidacy_setting* setting_of_error(std::string_view error) {
  for (const candidacy_setting& each : settings) {
    if (error.starts_with(each.words)) return &each;
  }
  return nullptr;
}

namespace {

template <class Settings>
void check_settings(const Settings& how) {
  try {
    how.check();
  } catch (const bad_configuration& e) {
    const candidacy_setting* const which = setting_of_error(e.what());
    if (which == nullptr) throw;
    throw usage_error(std::string(which->option) + ": " + e.what());
  }
}

}  // namespace

void check_candidacy(const candidacy& how) { check_settings(how); }
void check_membership(const membership& how) { check_settings(how); }

}  // namespace tenure::apps
