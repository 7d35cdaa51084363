#include "sidecar/config/canonical.hpp"

#include <algorithm>
#include <map>

#include "common/yaml_map.hpp"

namespace tenure::sidecar {
namespace {

using apps::config_error;
using apps::line_of;

/// With its length before it, so that no two lists of texts look the same.
std::string measured(const std::string& text) { return std::to_string(text.size()) + ':' + text; }

std::string canonical_time(duration d) { return std::to_string(d.count()) + ';'; }

std::string canonical_candidacy(const candidacy& how) {
  return measured(how.value()) + canonical_time(how.span()) + canonical_time(how.ttl()) +
         canonical_time(how.lock_delay()) + canonical_time(how.stop_budget());
}

std::map<std::string, YAML::Node> entries(const YAML::Node& map) {
  std::map<std::string, YAML::Node> found;
  for (const auto& entry : map) found.emplace(canonical(entry.first), entry.second);
  return found;
}

std::optional<config_error> difference(const YAML::Node& before, const YAML::Node& now,
                                       const std::string& label) {
  if (canonical(before) == canonical(now)) return std::nullopt;
  if (!before.IsMap() || !now.IsMap()) return config_error(line_of(now), label);
  const auto old = entries(before);
  for (const auto& entry : now) {
    const std::string name = label + ": " + (entry.first.IsScalar() ? entry.first.Scalar() : "?");
    const auto found = old.find(canonical(entry.first));
    if (found == old.end()) return config_error(line_of(entry.first), name);
    if (auto deeper = difference(found->second, entry.second, name)) return deeper;
  }
  return config_error(line_of(now), label);  // it lacks a key
}

const YAML::Node* find(const sections& all, const std::string& name) {
  const auto found =
      std::ranges::find_if(all, [&](const auto& section) { return section.first == name; });
  return found == all.end() ? nullptr : &found->second;
}

}  // namespace

std::string canonical(const YAML::Node& node) {
  if (node.IsScalar()) return 's' + measured(node.Scalar());
  std::string text;
  if (node.IsSequence()) {
    for (const auto& entry : node) text += canonical(entry);
    return '[' + text + ']';
  }
  if (!node.IsMap()) return "-";
  for (const auto& [key, value] : entries(node)) text += key + '=' + canonical(value);
  return '{' + text + '}';
}

std::string canonical_group(const election_options& options) {
  if (!options.group) return {};
  const membership& how = options.group->how;
  return measured(options.group->prefix) + measured(how.name()) +
         canonical_candidacy(how.how()) + canonical_time(how.hand_over_limit());
}

std::string canonical(const election_options& options) {
  return measured(options.name) + measured(options.key) + canonical_candidacy(options.candidacy) +
         (options.guarantee ? canonical_time(*options.guarantee) : "-") + canonical_group(options);
}

std::optional<config_error> first_difference(const sections& before, const sections& now) {
  for (const auto& [name, node] : now) {
    const YAML::Node* const old = find(before, name);
    if (old == nullptr) return config_error(line_of(node), name);
    if (auto found = difference(*old, node, name)) return found;
  }
  for (const auto& [name, node] : before) {
    if (find(now, name) == nullptr) return config_error(1, name);
  }
  return std::nullopt;
}

}  // namespace tenure::sidecar
