// Parses ?filter, in the language of go-bexpr: `Service == web and not (Tags is empty)`. A syntax
// error has the same text as in Consul.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenure::agent {

enum class filter_operator {
  equal,
  not_equal,
  in,
  not_in,
  is_empty,
  is_not_empty,
  matches,
  not_matches
};

/// One comparison: `selector operator value`, or `value in selector`.
class filter_match {
 public:
  std::vector<std::string> selector;
  filter_operator op = filter_operator::equal;
  std::string value;  ///< unused by is_empty and is_not_empty
};

/// A comparison, or an operation on other nodes.
class filter_node {
 public:
  enum class kind { match, conjunction, disjunction, negation };

  kind what = kind::match;
  filter_match match;
  std::shared_ptr<const filter_node> left;  ///< the operand of a negation
  std::shared_ptr<const filter_node> right;
};

class filter_syntax {
 public:
  explicit filter_syntax(std::string_view text);
  const std::string& error() const noexcept { return error_; }
  const std::shared_ptr<const filter_node>& root() const noexcept { return root_; }

 private:
  std::string error_;
  std::shared_ptr<const filter_node> root_;
};

}  // namespace tenure::agent
