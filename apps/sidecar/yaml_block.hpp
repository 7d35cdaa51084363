// Reading one block (a map) of a YAML file, so that every mistake is told with its line and nothing
// that was written there is passed over.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure::sidecar {

class mistake {
 public:
  mistake(int line, std::string text) : line(line), text(std::move(text)) {}
  int line;  ///< from 1; 0 where it was not in a file
  std::string text;
};

/// All that is wrong with one file.
class mistakes {
 public:
  void add(const YAML::Node& where, std::string text);
  void add(int line, std::string text) { list_.emplace_back(line, std::move(text)); }
  bool empty() const noexcept { return list_.empty(); }
  /// In the order of their lines.
  std::vector<mistake> take();

 private:
  std::vector<mistake> list_;
};

/// The values of one map by their keys. A key that is not `known`, or comes twice, or has no value,
/// is a mistake. Each getter gives nothing where the key is missing, or its value is a mistake,
/// which it tells.
class yaml_block {
 public:
  /// `of` is how people call the block: "election 'db'", "http".
  yaml_block(const YAML::Node& map, std::string of, mistakes& into,
             const std::vector<const char*>& known);

  std::optional<YAML::Node> node(const char* key) const;
  bool has(const char* key) const { return values_.count(key) != 0; }
  /// Not empty.
  std::optional<std::string> text(const char* key) const;
  std::optional<duration> time(const char* key) const;
  std::optional<bool> yes_or_no(const char* key) const;
  std::optional<std::uint64_t> number(const char* key, std::uint64_t least,
                                      std::uint64_t most) const;
  /// One text, or a list of texts; none of them empty.
  std::optional<std::vector<std::string>> texts(const char* key) const;
  /// Where `key` is missing, that is a mistake: `why` says what it is for.
  void require(const char* key, const std::string& why) const;

  /// A mistake in the value of `key`; in the block itself where there is no such key.
  void wrong(const char* key, const std::string& text) const;
  const std::string& of() const noexcept { return of_; }
  mistakes& into() const noexcept { return into_; }

 private:
  YAML::Node map_;
  std::string of_;
  mistakes& into_;
  std::map<std::string, YAML::Node> values_;
};

}  // namespace tenure::sidecar
