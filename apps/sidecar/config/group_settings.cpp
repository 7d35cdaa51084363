#include "sidecar/config/group_settings.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "common/argument_checks.hpp"
#include "common/options.hpp"
#include "common/yaml_map.hpp"
#include "sidecar/config/guarantee.hpp"

namespace tenure::sidecar {
namespace {

using namespace std::chrono_literals;

// The sidecar hands an election over when the last promise of is-leader is over.
constexpr duration beyond_the_guarantee = 10s;

}  // namespace

void group_settings::read(const YAML::Node& node, const std::string& label,
                          apps::config_errors& errors) {
  std::optional<std::string> prefix;
  if (node.IsScalar()) {
    prefix = node.Scalar();
    names_prefix_ = true;
  } else {
    const apps::yaml_map map(node, label, errors, {"prefix", "member", "weight", "capacity"});
    if (!node.IsMap()) return;
    prefix = map.text("prefix");
    if (!map.missing("prefix")) names_prefix_ = true;
    if (const auto name = map.text("member")) member_ = *name;
    if (const auto n = map.number("weight", 0, membership::most_weight))
      weight_ = static_cast<std::uint32_t>(*n);
    if (const auto n = map.number("capacity", 0, std::numeric_limits<std::uint32_t>::max() - 1))
      capacity_ = static_cast<std::uint32_t>(*n);
  }
  if (prefix) {
    prefix_ = apps::without_end_slashes(*prefix);
    if (const std::string why = apps::check_group_prefix(*prefix); !why.empty())
      errors.add(apps::line_of(node), label + ": " + why);
  }
}

void group_settings::require_prefix(const YAML::Node& node, const std::string& label,
                                    apps::config_errors& errors) const {
  if (names_prefix_ || !node.IsMap()) return;
  errors.add(apps::line_of(node), label + ": needs a prefix: give it here or in the group of "
                                          "defaults");
}

std::optional<apps::group_membership> group_settings::membership_with(
    const candidacy& how, const std::optional<duration>& guarantee) const {
  if (prefix_.empty()) return std::nullopt;
  membership made(member_.empty() ? apps::host_name() : member_, how);
  if (weight_) made.weight(*weight_);
  made.capacity(capacity_);
  const duration promise = guarantee.value_or(default_guarantee);
  made.hand_over_limit(std::max(made.hand_over_limit(), promise + beyond_the_guarantee));
  made.check();
  return apps::group_membership(prefix_, std::move(made));
}

bool same_membership(const membership& a, const membership& b) {
  return a.name() == b.name() && a.weight() == b.weight() && a.capacity() == b.capacity() &&
         a.how() == b.how();
}

}  // namespace tenure::sidecar
