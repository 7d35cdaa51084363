// The path and the query of a request, parsed as Go's net/url parses them.
//
// Not by Boost.URL's parse_origin_form, which accepts the grammar of RFC 3986 alone. Go, and so
// Consul, also accepts `"`, `<`, `>`, `[`, `^`, `{`, `|` and bytes beyond ASCII in paths and
// queries (filters are full of them). It separates parameters by ";" too, and keeps the other
// parameters of a query with a broken escape.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenure::agent {

class request_target {
 public:
  explicit request_target(std::string_view target);

  /// False for a path with a broken escape: net/http answers 400 by itself.
  bool path_valid() const noexcept { return path_valid_; }
  /// False for a query with a broken escape: Consul answers 500 without a word.
  bool query_valid() const noexcept { return query_valid_; }

  /// Unescaped.
  const std::string& path() const noexcept { return path_; }
  /// Where net/http's ServeMux sends a client whose path is not clean (`//`, `.`, `..`), escaped,
  /// with the query; nothing where the path is clean.
  std::optional<std::string> redirect() const;
  /// The address of this path with a slash added.
  std::string with_slash() const;

  bool has(std::string_view name) const noexcept;
  /// The first value of that name; empty where there is none.
  std::string_view get(std::string_view name) const noexcept;
  /// All values of that name.
  std::vector<std::string> all(std::string_view name) const;
  /// All parameters in the order of their names, escaped: url.Values.Encode.
  std::string encoded_query() const;

 private:
  void parse_query(std::string_view query);
  std::string with_query(std::string_view path) const;

  std::string path_;
  std::string raw_query_;
  std::vector<std::pair<std::string, std::string>> parameters_;
  bool path_valid_ = true;
  bool query_valid_ = true;
};

}  // namespace tenure::agent
