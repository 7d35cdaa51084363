#include "common/yaml_entries.hpp"

#include <algorithm>
#include <set>

namespace tenure::apps {
namespace {

// Reads a map with its merge keys. A merged map may have merge keys, too, and may even contain
// itself; the limit ends that.
class entry_merger {
 public:
  entry_merger(const std::string& label, config_errors& errors) : label_(label), errors_(errors) {}

  std::vector<yaml_entry> read(const YAML::Node& map) {
    add(map);
    return std::move(entries_);
  }

 private:
  static constexpr std::size_t most_merged = 100;

  void add(const YAML::Node& map) {
    std::vector<yaml_entry> bases;
    std::set<std::string> added;
    for (const auto& pair : map) {
      const yaml_entry entry(pair.first, pair.second);
      if (entry.name() == "<<") {
        bases.push_back(entry);
      } else if (names_.count(entry.name()) == 0) {
        entries_.push_back(entry);
        added.insert(entry.name());
      }
    }
    names_.insert(added.begin(), added.end());
    if (bases.size() > 1)
      errors_.add(position_of(bases[1].key), "'<<' is given twice in " + label_);
    if (!bases.empty()) add_bases(bases[0].value);
  }

  void add_bases(const YAML::Node& bases) {
    if (bases.IsMap()) return add_base(bases);
    if (!bases.IsSequence()) return refuse(bases);
    for (const YAML::Node& base : bases) {
      if (!base.IsMap()) {
        refuse(base);
      } else if (merged_ <= most_merged) {
        add_base(base);
      }
    }
  }

  void add_base(const YAML::Node& base) {
    if (++merged_ <= most_merged) return add(base);
    if (merged_ == most_merged + 1)
      errors_.add(position_of(base), "'<<' in " + label_ + " merges more than " +
                                         std::to_string(most_merged) + " maps");
  }

  void refuse(const YAML::Node& base) {
    errors_.add(position_of(base), "'<<' in " + label_ + " is neither a map nor a list of maps");
  }

  const std::string& label_;
  config_errors& errors_;
  std::vector<yaml_entry> entries_;
  std::set<std::string> names_;
  std::size_t merged_ = 0;
};

}  // namespace

// A node without a place in the file is one that the parser made up.
file_position position_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return file_position(std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1);
}

std::vector<yaml_entry> merged_entries(const YAML::Node& map, const std::string& label,
                                       config_errors& errors) {
  return entry_merger(label, errors).read(map);
}

}  // namespace tenure::apps
