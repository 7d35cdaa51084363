#include "agent/filter/filter_syntax.hpp"

#include <map>
#include <optional>
#include <utility>

#include "agent/filter/peg_text.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

using node = std::shared_ptr<const filter_node>;

/// The limit of nested parentheses and `not`. Consul has no limit; each level makes it four times
/// slower.
constexpr int deepest = 100;

/// A recursive descent through the rules. The order of the attempts shows in the errors.
class grammar {
 public:
  explicit grammar(std::string_view text) : text_(text) {}

  node read() {
    node found;
    const auto in_parentheses = [&] {
      space_if_any();
      if (!text_.literal("(")) return false;
      space_if_any();
      found = disjunction();
      if (!found) return false;
      space_if_any();
      if (!text_.literal(")")) return false;
      space_if_any();
      return end();
    };
    const auto bare = [&] {
      space_if_any();
      found = disjunction();
      if (!found) return false;
      space_if_any();
      return end();
    };
    return attempt(in_parentheses) || attempt(bare) ? found : nullptr;
  }

  std::string error() const { return too_deep_ ? "nested too deeply" : text_.error(); }
  bool failed() const { return too_deep_ || text_.has_errors(); }

 private:
  // --- mutually recursive rules, each evaluated once per position -----------------------------

  struct outcome {
    node found;
    std::size_t end = 0;
  };
  enum class rule { disjunction, conjunction, negation, grouping };

  /// Memoizes a rule at a position (packrat parsing): the rules retry the same beginning, which
  /// without a memory doubles the work with every parenthesis.
  template <class Read>
  node once(rule which, Read read) {
    const std::pair<rule, std::size_t> position(which, text_.at());
    if (const auto known = memory_.find(position); known != memory_.end()) {
      if (known->second.found) text_.back_to(known->second.end);
      return known->second.found;
    }
    if (++depth_ > 4 * deepest) too_deep_ = true;
    node found = too_deep_ ? nullptr : read();
    --depth_;
    if (!found) text_.back_to(position.second);
    memory_[position] = {found, text_.at()};
    return found;
  }

  node disjunction() {
    return once(rule::disjunction, [this] {
      return joined(filter_node::kind::disjunction, "or", &grammar::conjunction,
                    &grammar::disjunction);
    });
  }
  node conjunction() {
    return once(rule::conjunction, [this] {
      return joined(filter_node::kind::conjunction, "and", &grammar::negation,
                    &grammar::conjunction);
    });
  }

  node joined(filter_node::kind what, std::string_view word, node (grammar::*operand)(),
              node (grammar::*rest)()) {
    node left;
    node right;
    const auto both = [&] {
      left = (this->*operand)();
      if (!left || !space() || !text_.literal(word) || !space()) return false;
      right = (this->*rest)();
      return right != nullptr;
    };
    if (!attempt(both)) return (this->*operand)();
    auto made = std::make_shared<filter_node>();
    made->what = what;
    made->left = std::move(left);
    made->right = std::move(right);
    return made;
  }

  node negation() {
    return once(rule::negation, [this]() -> node {
      node operand;
      const auto denied = [&] {
        if (!text_.literal("not") || !space()) return false;
        operand = negation();
        return operand != nullptr;
      };
      if (!attempt(denied)) return grouping();
      auto made = std::make_shared<filter_node>();
      made->what = filter_node::kind::negation;
      made->left = std::move(operand);
      return made;
    });
  }

  node grouping() {
    return once(rule::grouping, [this] {
      node found;
      const auto opened = [&] {
        if (!text_.literal("(")) return false;
        space_if_any();
        found = disjunction();
        if (!found) return false;
        space_if_any();
        return true;
      };
      if (attempt([&] { return opened() && text_.literal(")"); })) return found;
      if (node match = comparison()) return match;
      attempt([&] {
        if (!opened() || !text_.absent([this] { return text_.literal(")"); })) return false;
        text_.add_error(text_.at(), "grouping", "Unmatched parentheses");
        return false;
      });
      return node();
    });
  }

  // --- comparisons ----------------------------------------------------------------------------

  using words = std::initializer_list<std::string_view>;

  node comparison() {
    auto made = std::make_shared<filter_node>();
    filter_match& match = made->match;
    const auto selector_first = [&] {
      return selector(match.selector) &&
             (sign("==", filter_operator::equal, match) ||
              sign("!=", filter_operator::not_equal, match) ||
              phrase({"contains"}, after::space, filter_operator::in, match) ||
              phrase({"not", "contains"}, after::space, filter_operator::not_in, match) ||
              phrase({"matches"}, after::space, filter_operator::matches, match) ||
              phrase({"not", "matches"}, after::space, filter_operator::not_matches, match)) &&
             value(match.value);
    };
    const auto alone = [&] {
      return selector(match.selector) &&
             (phrase({"is", "empty"}, after::nothing, filter_operator::is_empty, match) ||
              phrase({"is", "not", "empty"}, after::nothing, filter_operator::is_not_empty, match));
    };
    const auto value_and_in = [&] {
      return value(match.value) &&
             (phrase({"in"}, after::space, filter_operator::in, match) ||
              phrase({"not", "in"}, after::space, filter_operator::not_in, match));
    };
    const auto value_first = [&] { return value_and_in() && selector(match.selector); };
    if (attempt(selector_first)) return made;
    match.value.clear();
    if (attempt(alone) || attempt(value_first)) return made;
    attempt([&] {
      std::vector<std::string> ignored;
      if (!value_and_in() || !text_.absent([&] { return selector(ignored); })) return false;
      text_.add_error(text_.at(), "match", "Invalid selector");
      return false;
    });
    return nullptr;
  }

  bool sign(std::string_view text, filter_operator op, filter_match& match) {
    match.op = op;
    return attempt([&] {
      space_if_any();
      if (!text_.literal(text)) return false;
      space_if_any();
      return true;
    });
  }

  enum class after { space, nothing };

  bool phrase(words text, after end, filter_operator op, filter_match& match) {
    match.op = op;
    return attempt([&] {
      for (const std::string_view word : text) {
        if (!space() || !text_.literal(word)) return false;
      }
      return end == after::nothing || space();
    });
  }

  bool selector(std::vector<std::string>& into) {
    into.clear();
    if (!identifier(into.emplace_back())) return false;
    std::string part;
    while (attempt([&] { return text_.literal(".") && identifier(part); }) || index(part)) {
      into.push_back(std::exchange(part, {}));
    }
    return true;
  }

  bool identifier(std::string& into) {
    const std::size_t start = text_.at();
    if (!text_.one_of("a-zA-Z", "[a-zA-Z]")) return false;
    while (text_.one_of("a-zA-Z0-9_", "[a-zA-Z0-9_]")) {
    }
    into = text_.since(start);
    return true;
  }

  bool index(std::string& into) {
    const auto opened = [this] {
      if (!text_.literal("[")) return false;
      space_if_any();
      return true;
    };
    const auto literal = [&] {
      if (!opened() || !string(into)) return false;
      space_if_any();
      return true;
    };
    if (attempt([&] { return literal() && text_.literal("]"); })) return true;
    attempt([&] {
      std::string ignored;
      if (!opened() || !text_.absent([&] { return string(ignored); })) return false;
      text_.add_error(text_.at(), "index", "Invalid index");
      return false;
    });
    attempt([&] {
      if (!literal() || !text_.absent([this] { return text_.literal("]"); })) return false;
      text_.add_error(text_.at(), "index", "Unclosed index expression");
      return false;
    });
    return false;
  }

  bool value(std::string& into) {
    std::vector<std::string> parts;
    if (attempt([&] { return selector(parts); })) {
      into.clear();
      for (const std::string& part : parts) into += (into.empty() ? "" : ".") + part;
      return true;
    }
    return number(into) || string(into);
  }

  bool number(std::string& into) {
    const std::size_t start = text_.at();
    const auto digits = [this] {
      while (text_.one_of("0-9", "[0-9]")) {
      }
    };
    const auto written = [&] {
      text_.literal("-");
      if (!text_.literal("0")) {
        if (!text_.one_of("1-9", "[1-9]")) return false;
        digits();
      }
      attempt([&] {
        if (!text_.literal(".") || !text_.one_of("0-9", "[0-9]")) return false;
        digits();
        return true;
      });
      return true;
    };
    const auto over = [this] {
      const std::size_t here = text_.at();
      const bool found = space() || end() || text_.literal(")");
      text_.back_to(here);
      return found;
    };
    if (attempt([&] { return written() && over(); })) {
      into = text_.since(start);
      return true;
    }
    attempt([&] {
      if (!written() || !text_.absent(over)) return false;
      text_.add_error(text_.at(), "number", "Invalid number literal");
      return false;
    });
    return false;
  }

  bool string(std::string& into) {
    const std::size_t start = text_.at();
    const auto open = [this](std::string_view quote) {
      if (!text_.literal(quote)) return false;
      const auto inside = [&] {
        return text_.absent([&] { return text_.literal(quote); }) && text_.any();
      };
      while (attempt(inside)) {
      }
      return true;
    };
    const auto closed = [&](std::string_view quote) {
      return attempt([&] { return open(quote) && text_.literal(quote); });
    };
    if (closed("`") || closed("\"")) {
      auto unquoted = go_unquote(text_.since(start));
      if (unquoted) {
        into = std::move(*unquoted);
      } else {
        text_.add_error(start, "string", "invalid syntax");
      }
      return true;
    }
    attempt([&] {
      if (!(attempt([&] { return open("`"); }) || attempt([&] { return open("\""); }))) {
        return false;
      }
      if (end()) text_.add_error(text_.at(), "string", "Unterminated string literal");
      return false;
    });
    return false;
  }

  // --- terminals ------------------------------------------------------------------------------

  /// Returns to the present position if `what` fails.
  template <class What>
  bool attempt(What what) {
    const std::size_t start = text_.at();
    if (what()) return true;
    text_.back_to(start);
    return false;
  }

  bool space() {
    bool any = false;
    while (text_.one_of(" \t\r\n", "[ \\t\\r\\n]")) any = true;
    return any;
  }
  void space_if_any() { space(); }
  bool end() {
    return text_.absent([this] { return text_.any(); });
  }

  peg_text text_;
  int depth_ = 0;
  bool too_deep_ = false;
  std::map<std::pair<rule, std::size_t>, outcome> memory_;
};

}  // namespace

filter_syntax::filter_syntax(std::string_view text) {
  grammar g(text);
  root_ = g.read();
  if (root_ && !g.failed()) return;
  error_ = g.error();
  root_.reset();
}

}  // namespace tenure::agent
