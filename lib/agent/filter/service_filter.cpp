#include "agent/filter/service_filter.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <re2/re2.h>
#include <utility>
#include <vector>

#include "agent/filter/filter_syntax.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

using op = filter_operator;

std::string_view name_of(op which) {
  constexpr std::array<std::string_view, 8> names{
      "Equal", "Not Equal", "In", "Not In", "Is Empty", "Is Not Empty", "Matches", "Not Matches"};
  return names.at(static_cast<std::size_t>(which));
}

/// The kind of a selected field, which determines the operators that apply to it.
enum class kind { structure, text, integer, boolean, list, map };

bool supports(kind what, op which) {
  switch (what) {
    case kind::structure: return false;
    case kind::text: return which != op::is_empty && which != op::is_not_empty;
    case kind::integer:
    case kind::boolean: return which == op::equal || which == op::not_equal;
    case kind::list:
    case kind::map: break;
  }
  return which == op::in || which == op::not_in || which == op::is_empty ||
         which == op::is_not_empty;
}

/// A field of a service. `texts` is for a list or a map: its elements or keys.
class field {
 public:
  kind what = kind::structure;
  /// Nothing if the map does not have the key.
  std::function<std::optional<std::string>(const service_fields&)> text;
  std::function<std::optional<std::int64_t>(const service_fields&)> number;
  std::function<std::vector<std::string>(const service_fields&)> texts;
};

field text_field(std::function<std::optional<std::string>(const service_fields&)> get) {
  return {kind::text, std::move(get), {}, {}};
}
field number_field(kind what,
                   std::function<std::optional<std::int64_t>(const service_fields&)> get) {
  return {what, {}, std::move(get), {}};
}

template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

using path = std::vector<std::string>;
using service = service_fields;

std::optional<field> simple_field(const std::string& name) {
  if (name == "Kind") return text_field([](const service& s) { return s.kind; });
  if (name == "ID") return text_field([](const service& s) { return s.id; });
  if (name == "Service") return text_field([](const service& s) { return s.name; });
  if (name == "Address") return text_field([](const service& s) { return s.address; });
  if (name == "Port") return number_field(kind::integer, [](const service& s) { return s.port; });
  if (name == "EnableTagOverride") {
    return number_field(kind::boolean, [](const service& s) { return s.enable_tag_override; });
  }
  if (name == "Tags") return field{kind::list, {}, {}, [](const service& s) { return s.tags; }};
  if (name == "Meta") {
    return field{kind::map, {}, {}, [](const service& s) { return keys_of(s.meta); }};
  }
  if (name == "TaggedAddresses") {
    return field{kind::map, {}, {}, [](const service& s) { return keys_of(s.tagged_addresses); }};
  }
  // Structures. Consul has fields in Proxy and Connect, which this agent does not serve.
  if (name == "Weights" || name == "Proxy" || name == "Connect") return field{};
  return std::nullopt;
}

std::optional<field> second_field(const path& at) {
  const std::string& name = at[1];
  if (at[0] == "Weights" && name == "Passing") {
    return number_field(kind::integer, [](const service& s) { return s.passing_weight; });
  }
  if (at[0] == "Weights" && name == "Warning") {
    return number_field(kind::integer, [](const service& s) { return s.warning_weight; });
  }
  if (at[0] == "TaggedAddresses") return field{};
  if (at[0] != "Meta") return std::nullopt;
  return text_field([name](const service& s) {
    const auto found = s.meta.find(name);
    return found != s.meta.end() ? std::optional(found->second) : std::nullopt;
  });
}

std::optional<field> third_field(const path& at) {
  if (at[0] != "TaggedAddresses") return std::nullopt;
  const auto find = [name = at[1]](const service& s) -> const service_address* {
    const auto found = s.tagged_addresses.find(name);
    return found != s.tagged_addresses.end() ? &found->second : nullptr;
  };
  if (at[2] == "Address") {
    return text_field([find](const service& s) {
      const service_address* found = find(s);
      return found != nullptr ? std::optional(found->address) : std::nullopt;
    });
  }
  if (at[2] != "Port") return std::nullopt;
  return number_field(kind::integer, [find](const service& s) {
    const service_address* found = find(s);
    return found != nullptr ? std::optional(found->port) : std::nullopt;
  });
}

std::string shown(const path& at, std::size_t parts) {
  std::string text;
  for (std::size_t i = 0; i < parts; ++i) text += (i > 0 ? "." : "") + at[i];
  return go_quote(text);
}

/// As Go's regexp words it.
std::string regexp_error(const RE2& expression) {
  std::string what;
  switch (expression.error_code()) {
    case RE2::ErrorBadEscape: what = "invalid escape sequence"; break;
    case RE2::ErrorBadCharClass: what = "invalid character class"; break;
    case RE2::ErrorBadCharRange: what = "invalid character class range"; break;
    case RE2::ErrorMissingBracket: what = "missing closing ]"; break;
    case RE2::ErrorMissingParen: what = "missing closing )"; break;
    case RE2::ErrorUnexpectedParen: what = "unexpected )"; break;
    case RE2::ErrorTrailingBackslash:
      return "error parsing regexp: trailing backslash at end of expression: ``";
    case RE2::ErrorRepeatArgument: what = "missing argument to repetition operator"; break;
    case RE2::ErrorRepeatSize: what = "invalid repeat count"; break;
    case RE2::ErrorRepeatOp: what = "invalid nested repetition operator"; break;
    case RE2::ErrorBadPerlOp: what = "invalid or unsupported Perl syntax"; break;
    case RE2::ErrorBadUTF8: what = "invalid UTF-8"; break;
    case RE2::ErrorBadNamedCapture: what = "invalid named capture"; break;
    case RE2::ErrorPatternTooLarge: what = "expression too large"; break;
    default: what = "regexp/syntax: internal error"; break;
  }
  return "error parsing regexp: " + what + ": `" + expression.error_arg() + "`";
}

}  // namespace

/// A compiled node of the filter.
class service_filter::predicate {
 public:
  /// Returns Consul's error text; empty if the node is valid.
  std::string compile(const filter_node& node);
  bool holds(const service_fields& service) const;

 private:
  std::string compile_match(const filter_match& match);
  bool match_holds(const service_fields& service) const;
  bool text_holds(const std::string& text) const;

  filter_node::kind what_ = filter_node::kind::match;
  std::unique_ptr<predicate> left_;
  std::unique_ptr<predicate> right_;
  op op_ = op::equal;
  field field_;
  std::string value_;
  std::int64_t number_ = 0;
  std::unique_ptr<RE2> expression_;
};

std::string service_filter::predicate::compile(const filter_node& node) {
  what_ = node.what;
  if (what_ == filter_node::kind::match) return compile_match(node.match);
  left_ = std::make_unique<predicate>();
  if (std::string error = left_->compile(*node.left); !error.empty()) return error;
  if (node.right == nullptr) return {};
  right_ = std::make_unique<predicate>();
  return right_->compile(*node.right);
}

std::string service_filter::predicate::compile_match(const filter_match& match) {
  const path& at = match.selector;
  std::optional<field> found = simple_field(at[0]);
  std::size_t parts = 1;
  while (found && parts < at.size()) {
    ++parts;
    found = parts == 2 ? second_field(at) : parts == 3 ? third_field(at) : std::nullopt;
  }
  if (!found) return "Selector " + shown(at, parts) + " is not valid";
  field_ = std::move(*found);
  op_ = match.op;
  value_ = match.value;
  const std::string selector = shown(at, at.size());
  if (!supports(field_.what, op_)) {
    return "Invalid match operator \"" + std::string(name_of(op_)) + "\" for selector " + selector;
  }
  const auto not_coerced = [&](const std::string& why) {
    return "Failed to coerce value " + go_quote(value_) + " for selector " + selector + ": " + why;
  };
  if (field_.what == kind::integer) {
    const auto parsed = go_parse_int(value_);
    if (!parsed.ok()) return not_coerced(parsed.error);
    number_ = parsed.value;
  } else if (field_.what == kind::boolean) {
    const auto parsed = go_parse_bool(value_);
    if (!parsed.ok()) return not_coerced(parsed.error);
    number_ = parsed.value ? 1 : 0;
  }
  if (op_ == op::matches || op_ == op::not_matches) {
    RE2::Options options;
    options.set_log_errors(false);
    expression_ = std::make_unique<RE2>(value_, options);
    if (!expression_->ok()) {
      return "Failed to compile regular expression " + go_quote(value_) + ": " +
             regexp_error(*expression_);
    }
  }
  return {};
}

bool service_filter::predicate::holds(const service_fields& service) const {
  switch (what_) {
    case filter_node::kind::match: return match_holds(service);
    case filter_node::kind::negation: return !left_->holds(service);
    case filter_node::kind::conjunction: return left_->holds(service) && right_->holds(service);
    case filter_node::kind::disjunction: break;
  }
  return left_->holds(service) || right_->holds(service);
}

bool service_filter::predicate::match_holds(const service_fields& service) const {
  if (field_.texts) {
    const std::vector<std::string> texts = field_.texts(service);
    if (op_ == op::is_empty) return texts.empty();
    if (op_ == op::is_not_empty) return !texts.empty();
    const bool has = std::find(texts.begin(), texts.end(), value_) != texts.end();
    return has == (op_ == op::in);
  }
  // For a map key that does not exist, every operator is true except equality and `in`.
  const bool when_missing = op_ != op::equal && op_ != op::in;
  if (field_.number) {
    const auto number = field_.number(service);
    return number ? (*number == number_) == (op_ == op::equal) : when_missing;
  }
  const auto text = field_.text(service);
  return text ? text_holds(*text) : when_missing;
}

bool service_filter::predicate::text_holds(const std::string& text) const {
  switch (op_) {
    case op::equal: return text == value_;
    case op::not_equal: return text != value_;
    case op::in: return text.find(value_) != text.npos;
    case op::not_in: return text.find(value_) == text.npos;
    case op::matches: return RE2::PartialMatch(text, *expression_);
    default: return !RE2::PartialMatch(text, *expression_);
  }
}

service_filter::service_filter(std::string_view text) {
  if (text.empty()) return;
  const filter_syntax syntax(text);
  error_ = syntax.error();
  if (error_.empty()) {
    root_ = std::make_unique<predicate>();
    error_ = root_->compile(*syntax.root());
  }
  if (!error_.empty()) error_ = "Failed to create boolean expression evaluator: " + error_;
}

service_filter::~service_filter() = default;

bool service_filter::matches(const service_fields& service) const {
  return !root_ || root_->holds(service);
}

}  // namespace tenure::agent
