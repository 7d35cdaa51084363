// What tenure doctor found: a verdict for each check, with a remedy where something is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure::doctor {

/// unknown: the check could not be made, such as for a missing right.
enum class verdict : std::uint8_t { ok, unknown, warning, problem };

const char* name_of(verdict v) noexcept;

// As monitoring plugins have them.
inline constexpr int exit_warning = 1;  ///< `tenure doctor`: a warning
inline constexpr int exit_problem = 2;  ///< `tenure doctor`: a problem

struct finding {
  std::string check;  ///< one word
  verdict status = verdict::ok;
  std::string text;
  std::string remedy;  ///< empty: nothing to do
};

class report {
 public:
  void ok(std::string check, std::string text);
  void unknown(std::string check, std::string text, std::string remedy = std::string());
  void warning(std::string check, std::string text, std::string remedy);
  void problem(std::string check, std::string text, std::string remedy);

  const std::vector<finding>& findings() const noexcept { return findings_; }
  /// ok if nothing is worse than unknown.
  verdict worst() const noexcept;

 private:
  std::vector<finding> findings_;
};

/// "1 election", "2 elections".
std::string count_of(std::size_t number, const std::string& thing);

/// "12 ms", rounded up.
std::string in_milliseconds(duration d);

/// A line for each finding, and an indented one for its remedy.
std::vector<std::string> to_lines(const report& all);
/// One line: {"status": ..., "key": ..., "checks": [...]}. An empty key is null.
std::string to_json(const report& all, const std::string& key);

}  // namespace tenure::doctor
