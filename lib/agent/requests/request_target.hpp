// The path and the query of a request, parsed as Go's net/url does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenure::agent {

class request_target {
 public:
  /// What a semicolon in the query does. Go refuses it since 1.17.
  enum class semicolon : std::uint8_t { separates, refused };
  explicit request_target(std::string_view target, semicolon how = semicolon::separates);

  /// False for a path with a broken escape: Go's net/http answers 400.
  bool path_valid() const noexcept { return path_valid_; }
  /// False for a query with a broken escape or a refused semicolon: Consul answers 500 with an
  /// empty body.
  bool query_valid() const noexcept { return query_valid_; }

  /// Unescaped.
  const std::string& path() const noexcept { return path_; }
  /// Where net/http's ServeMux redirects a path that is not clean (`//`, `.`, `..`), escaped, with
  /// the query; nothing if the path is clean. `of`: the path that it cleans. Go cleans the escaped
  /// path since 1.22, and then escapes it a second time.
  enum class cleaned : std::uint8_t { unescaped, escaped };
  std::optional<std::string> redirect(cleaned of) const;
  /// The escaped path with a slash added, and the query.
  std::string with_slash() const;

  bool has(std::string_view name) const noexcept;
  /// The first value of that name; empty if there is none.
  std::string_view get(std::string_view name) const noexcept;
  /// All values of that name.
  std::vector<std::string> all(std::string_view name) const;
  /// All parameters in the order of their names, escaped: url.Values.Encode.
  std::string encoded_query() const;

 private:
  void parse_query(std::string_view query, semicolon how);
  std::string with_query(std::string_view path) const;

  std::string path_;
  std::string raw_path_;
  std::string raw_query_;
  std::vector<std::pair<std::string, std::string>> parameters_;
  bool path_valid_ = true;
  bool query_valid_ = true;
};

}  // namespace tenure::agent
