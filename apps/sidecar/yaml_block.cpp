#include "sidecar/yaml_block.hpp"

#include <algorithm>
#include <charconv>

#include "common/duration.hpp"

namespace tenure::sidecar {

void mistakes::add(const YAML::Node& where, std::string text) {
  add(where.Mark().line + 1, std::move(text));
}

std::vector<mistake> mistakes::take() {
  std::stable_sort(list_.begin(), list_.end(),
                   [](const mistake& a, const mistake& b) { return a.line < b.line; });
  return std::move(list_);
}

yaml_block::yaml_block(const YAML::Node& map, std::string of, mistakes& into,
                       const std::vector<const char*>& known)
    : map_(map), of_(std::move(of)), into_(into) {
  std::string list;
  for (const char* k : known) list += (list.empty() ? "" : ", ") + std::string(k);
  if (!map.IsMap()) {
    into_.add(map, of_ + " is not a map (known keys: " + list + ")");
    return;
  }
  for (const auto& entry : map) {
    const YAML::Node& key = entry.first;
    const std::string name = key.IsScalar() ? key.Scalar() : "?";
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      into_.add(key, "unknown key '" + name + "' in " + of_ + " (known: " + list + ")");
    } else if (values_.count(name) != 0) {
      into_.add(key, "'" + name + "' is given twice in " + of_);
    } else if (entry.second.IsNull()) {
      into_.add(key, "'" + name + "' has no value in " + of_);
    } else {
      values_.emplace(name, entry.second);
    }
  }
}

std::optional<YAML::Node> yaml_block::node(const char* key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void yaml_block::wrong(const char* key, const std::string& text) const {
  const auto found = values_.find(key);
  into_.add(found == values_.end() ? map_ : found->second, of_ + ": " + key + ": " + text);
}

void yaml_block::require(const char* key, const std::string& why) const {
  // One that is there without a value was told already.
  if (map_.IsMap() && !has(key) && !map_[key].IsDefined())
    into_.add(map_, of_ + ": " + key + ": is missing: " + why);
}

std::optional<std::string> yaml_block::text(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  if (found->IsScalar() && !found->Scalar().empty()) return found->Scalar();
  wrong(key, found->IsScalar() ? "is empty" : "is not a text");
  return std::nullopt;
}

std::optional<duration> yaml_block::time(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  try {
    return apps::parse_duration(found->IsScalar() ? found->Scalar() : "");
  } catch (const apps::usage_error& e) {
    wrong(key, e.what());
  }
  return std::nullopt;
}

std::optional<bool> yaml_block::yes_or_no(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  bool value = false;
  if (found->IsScalar() && YAML::convert<bool>::decode(*found, value)) return value;
  wrong(key, "'" + (found->IsScalar() ? found->Scalar() : std::string("...")) +
                 "' is neither true nor false");
  return std::nullopt;
}

std::optional<std::uint64_t> yaml_block::number(const char* key, std::uint64_t least,
                                                std::uint64_t most) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  const std::string text = found->IsScalar() ? found->Scalar() : "...";
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= least && value <= most)
    return value;
  wrong(key, "'" + text + "' is not a number from " + std::to_string(least) + " to " +
                 std::to_string(most));
  return std::nullopt;
}

std::optional<std::vector<std::string>> yaml_block::texts(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  if (found->IsScalar()) {
    const auto one = text(key);
    if (!one) return std::nullopt;
    return std::vector<std::string>{*one};
  }
  std::vector<std::string> list;
  bool good = found->IsSequence() && found->size() > 0;
  if (good) {
    for (const YAML::Node& entry : *found) {
      good = good && entry.IsScalar() && !entry.Scalar().empty();
      if (good) list.push_back(entry.Scalar());
    }
  }
  if (good) return list;
  wrong(key, "is neither a text nor a list of texts");
  return std::nullopt;
}

}  // namespace tenure::sidecar
