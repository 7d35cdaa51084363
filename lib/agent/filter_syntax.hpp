// The language of ?filter, which is that of go-bexpr: `Service == web and not (Tags is empty)`. A
// filter that is not of the language gets the very text that Consul's parser would write.
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
  std::string value;  ///< none for is_empty and is_not_empty
};

/// A comparison, or what joins them.
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
