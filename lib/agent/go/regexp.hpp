// Regular expressions with the errors of Go's package regexp. RE2 has the same syntax.
#pragma once

#include <memory>
#include <string>

namespace re2 {
class RE2;
}

namespace tenure::agent {

/// Never null; its ok() says whether the expression is valid.
std::unique_ptr<re2::RE2> go_regexp(const std::string& expression);
/// Go's error text about an expression that is not valid.
std::string go_regexp_error(const re2::RE2& expression);

}  // namespace tenure::agent
