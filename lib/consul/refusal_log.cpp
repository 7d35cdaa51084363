#include "consul/refusal_log.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tenure::consul {
namespace {

using namespace std::chrono_literals;

// With thousands of keys that the token may not write, a few lines say enough.
constexpr std::size_t most_lines = 8;
// What was not asked for this long may never be asked again, and makes room for another.
constexpr duration forgotten_after = 1min;

std::string_view kind_of(const acl_rule& rule) noexcept {
  const std::string_view resource(rule.resource);
  return resource.substr(0, resource.find('_'));
}

int rank(const acl_rule& rule) noexcept {
  return rule.access == "write" ? 2 : rule.access == "list" ? 1 : 0;
}

// Requests name keys. Of sessions and services they do not name what Consul checks.
bool same_resource(const acl_rule& a, const acl_rule& b) noexcept {
  if (kind_of(a) != kind_of(b)) return false;
  return kind_of(a) != "key" || (a.name == b.name && a.resource == b.resource);
}

}  // namespace

void refusal_log::refused(const std::optional<acl_rule>& rule, const std::string& detail) {
  const time_point now = env_->timers->now();
  for (outage& known : open_) {
    if (rule.has_value() != known.rule.has_value()) continue;
    if (rule && !same_resource(*rule, *known.rule)) continue;
    known.last = now;
    if (rule && rank(*rule) > rank(*known.rule)) known.rule = rule;
    return;
  }
  std::erase_if(open_, [&](const outage& o) { return now - o.last > forgotten_after; });
  if (open_.size() >= most_lines) return;
  open_.push_back(outage{rule, now});
  env_->log->log(log_level::warn, rule ? "right missing" : "token refused", {{"why", detail}});
}

void refusal_log::allowed(const acl_rule& rule, time_point sent_at) {
  std::erase_if(open_, [&](const outage& o) {
    const bool back =
        o.rule && o.last < sent_at && same_resource(rule, *o.rule) && rank(rule) >= rank(*o.rule);
    if (back) env_->log->log(log_level::info, "right granted", {{"right", o.rule->right()}});
    return back;
  });
}

void refusal_log::known(time_point sent_at) {
  const auto ended =
      std::erase_if(open_, [&](const outage& o) { return !o.rule && o.last < sent_at; });
  if (ended > 0) env_->log->log(log_level::info, "token accepted");
}

}  // namespace tenure::consul
