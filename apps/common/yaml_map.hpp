// Strict reading of YAML files: every error is reported with its line, and no key that a user wrote
// is silently ignored.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "common/config_errors.hpp"
#include "common/yaml_entries.hpp"

namespace tenure::apps {

/// The line where a node begins, from 1.
int line_of(const YAML::Node& node);

/// How the errors of load_yaml() describe a file.
struct yaml_document {
  const char* required_keys;  ///< "elections:"
  const char* contents;       ///< what one file holds: "one sidecar"
  std::size_t most_bytes = 16 * 1024 * 1024;
};

/// Parses a file that is one YAML document. Nothing where that fails; the error says why.
std::optional<YAML::Node> load_yaml(const std::string& text, const yaml_document& file,
                                    config_errors& errors);

/// The values of one map. A key that is not `known`, is given twice or has no value is an error.
/// Each getter returns nothing where the key is missing, and where its value is invalid, which is
/// an error too.
class yaml_map {
 public:
  /// `label` names the map in errors: "election 'db'", "http".
  yaml_map(const YAML::Node& map, std::string label, config_errors& errors,
           const std::vector<const char*>& known);
  /// The same with the merge key (<<), or without: then it is an unknown key.
  enum class merge_key { refused, read };
  yaml_map(const YAML::Node& map, std::string label, config_errors& errors,
           const std::vector<const char*>& known, merge_key merging);

  std::optional<YAML::Node> node(const char* key) const;
  bool has(const char* key) const { return values_.count(key) != 0; }
  /// Whether the key is absent. A key without a value is not: that error is reported already.
  bool missing(const char* key) const;
  /// Reports an error where `key` is missing; `purpose` says what it is for.
  void require(const char* key, const std::string& purpose) const;

  /// Not empty, and without a NUL.
  std::optional<std::string> text(const char* key) const;
  /// One of `words`: its index.
  std::optional<std::size_t> choice(const char* key, const std::vector<const char*>& words) const;
  std::optional<duration> time(const char* key) const;
  /// A number of bytes, as in 10MB.
  std::optional<std::uint64_t> bytes(const char* key, std::uint64_t least) const;
  std::optional<bool> boolean(const char* key) const;
  std::optional<std::uint64_t> number(const char* key, std::uint64_t least,
                                      std::uint64_t most) const;
  /// One string, or a list of strings; none of them empty or with a NUL.
  std::optional<std::vector<std::string>> texts(const char* key) const;
  /// The same, each of a form: `check` says what is wrong with a text, as those of
  /// argument_checks.hpp.
  using text_check = std::function<std::string(const std::string& text)>;
  std::optional<std::vector<std::string>> texts(const char* key, const text_check& check) const;

  /// Reports an error in the value of `key`, or in the map where the key is missing.
  void error(const char* key, const std::string& text) const;
  /// The same in entry `index` of the list of `key`, if it is one.
  void error_at(const char* key, std::size_t index, const std::string& text) const;
  /// Where the value of `key` is, or the map where the key is missing.
  int line_of_value(const char* key) const;
  file_position position_of_value(const char* key) const;
  config_errors& errors() const noexcept { return errors_; }

  /// The label of later errors, for a map whose name is one of its values. With an empty label an
  /// error begins with the key.
  void set_label(std::string label) { label_ = std::move(label); }

 private:
  void add(const yaml_entry& entry, const std::vector<const char*>& known);
  std::string prefix(const char* key) const;

  YAML::Node map_;
  std::string label_;
  config_errors& errors_;
  std::map<std::string, YAML::Node> values_;
  std::set<std::string> given_;  // with a value or without
};

}  // namespace tenure::apps
