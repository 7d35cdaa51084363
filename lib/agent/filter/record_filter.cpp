#include "agent/filter/record_filter.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <re2/re2.h>
#include <utility>
#include <vector>

#include "agent/filter/filter_syntax.hpp"
#include "agent/go/json.hpp"
#include "agent/go/regexp.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

using op = filter_operator;
using kind = filter_kind;
using json_kind = go_json_reader::kind;
using path = std::vector<std::string>;

constexpr std::string_view error_start = "Failed to create boolean expression evaluator: ";

std::string_view name_of(op which) {
  constexpr std::array<std::string_view, 8> names{
      "Equal", "Not Equal", "In", "Not In", "Is Empty", "Is Not Empty", "Matches", "Not Matches"};
  return names.at(static_cast<std::size_t>(which));
}

bool supports(kind what, op which) {
  const bool emptiness = which == op::is_empty || which == op::is_not_empty;
  const bool equality = which == op::equal || which == op::not_equal;
  switch (what) {
    case kind::structure: return false;
    case kind::structures: return emptiness;
    case kind::text: return !emptiness;
    case kind::integer:
    case kind::boolean: return equality;
    case kind::structure_map:
    case kind::texts:
    case kind::text_map: break;
  }
  return emptiness || which == op::in || which == op::not_in;
}

bool is_map(kind what) { return what == kind::structure_map || what == kind::text_map; }

std::string shown(const path& at, std::size_t parts) {
  std::string text;
  for (std::size_t i = 0; i < parts; ++i) text += (i > 0 ? "." : "") + at[i];
  return go_quote(text);
}

/// The member of that name; null if the value has none.
go_json_reader member_of(go_json_reader value, std::string_view name) {
  if (value.peek() != json_kind::object) return go_json_reader("null");
  value.enter();
  while (value.more()) {
    if (value.name() == name) return value;
    value.skip();
  }
  return go_json_reader("null");
}

/// The elements of a list, or the keys of a map.
std::vector<std::string> texts_of(go_json_reader value) {
  std::vector<std::string> texts;
  const json_kind what = value.peek();
  if (what != json_kind::array && what != json_kind::object) return texts;
  value.enter();
  while (value.more()) {
    if (what == json_kind::object) {
      texts.push_back(value.name());
      value.skip();
    } else if (value.peek() == json_kind::string) {
      texts.push_back(value.string());
    } else {
      texts.emplace_back();
      value.skip();
    }
  }
  return texts;
}

}  // namespace

/// A compiled node of the filter.
class record_filter::predicate {
 public:
  explicit predicate(const consul_traits& traits) : traits_(traits) {}

  /// Returns Consul's error text; empty if the node is valid.
  std::string compile(const filter_node& node, filter_schema schema);
  bool holds(const go_json_reader& record) const;

 private:
  std::string compile_match(const filter_match& match, filter_schema schema);
  std::string select(const path& at, filter_schema schema);
  /// `value`: where the first `depth` parts of the selector lead.
  bool match_holds(go_json_reader value, std::size_t depth) const;
  bool value_holds(go_json_reader value) const;
  bool text_holds(const std::string& text) const;

  const consul_traits& traits_;
  filter_node::kind what_ = filter_node::kind::match;
  std::unique_ptr<predicate> left_;
  std::unique_ptr<predicate> right_;
  op op_ = op::equal;
  path selector_;
  std::vector<kind> kinds_;  ///< of the record, and of the value at each part of the selector
  std::string value_;
  std::int64_t number_ = 0;
  std::unique_ptr<RE2> expression_;
};

std::string record_filter::predicate::compile(const filter_node& node, filter_schema schema) {
  what_ = node.what;
  if (what_ == filter_node::kind::match) return compile_match(node.match, schema);
  left_ = std::make_unique<predicate>(traits_);
  if (std::string error = left_->compile(*node.left, schema); !error.empty()) return error;
  if (node.right == nullptr) return {};
  right_ = std::make_unique<predicate>(traits_);
  return right_->compile(*node.right, schema);
}

/// Finds the kinds of the selected fields. Returns Consul's error text.
std::string record_filter::predicate::select(const path& at, filter_schema schema) {
  kinds_ = {kind::structure};
  for (std::size_t part = 0; part < at.size(); ++part) {
    const kind outer = kinds_.back();
    if (is_map(outer)) {
      kinds_.push_back(outer == kind::text_map ? kind::text : kind::structure);
      continue;
    }
    const auto found = std::find_if(schema.begin(), schema.end(), [&](const filter_field& f) {
      return f.name == at[part] && (!f.newer || traits_.shows_newer_members);
    });
    const bool has_members = outer == kind::structure || outer == kind::structures;
    if (!has_members || found == schema.end()) {
      return "Selector " + shown(at, part + 1) + " is not valid";
    }
    kinds_.push_back(found->kind);
    schema = found->members;
  }
  return {};
}

std::string record_filter::predicate::compile_match(const filter_match& match,
                                                    filter_schema schema) {
  if (std::string error = select(match.selector, schema); !error.empty()) return error;
  selector_ = match.selector;
  op_ = match.op;
  value_ = match.value;
  const std::string selector = shown(selector_, selector_.size());
  const kind selected = kinds_.back();
  if (!supports(selected, op_)) {
    return "Invalid match operator \"" + std::string(name_of(op_)) + "\" for selector " + selector;
  }
  const auto not_coerced = [&](const std::string& why) {
    return "Failed to coerce value " + go_quote(value_) + " for selector " + selector + ": " + why;
  };
  if (selected == kind::integer) {
    const auto parsed = go_parse_int(value_);
    if (!parsed.ok()) return not_coerced(parsed.error);
    number_ = parsed.value;
  } else if (selected == kind::boolean) {
    const auto parsed = go_parse_bool(value_);
    if (!parsed.ok()) return not_coerced(parsed.error);
    number_ = parsed.value ? 1 : 0;
  }
  if (op_ == op::matches || op_ == op::not_matches) {
    expression_ = go_regexp(value_);
    if (!expression_->ok()) {
      return "Failed to compile regular expression " + go_quote(value_) + ": " +
             go_regexp_error(*expression_);
    }
  }
  return {};
}

bool record_filter::predicate::holds(const go_json_reader& record) const {
  switch (what_) {
    case filter_node::kind::match: return match_holds(record, 0);
    case filter_node::kind::negation: return !left_->holds(record);
    case filter_node::kind::conjunction: return left_->holds(record) && right_->holds(record);
    case filter_node::kind::disjunction: break;
  }
  return left_->holds(record) || right_->holds(record);
}

bool record_filter::predicate::match_holds(go_json_reader value, std::size_t depth) const {
  if (depth == selector_.size()) return value_holds(value);
  if (kinds_[depth] == kind::structures) {
    if (value.peek() != json_kind::array) return false;
    value.enter();
    while (value.more()) {
      if (match_holds(member_of(value, selector_[depth]), depth + 1)) return true;
      value.skip();
    }
    return false;
  }
  const go_json_reader member = member_of(value, selector_[depth]);
  if (is_map(kinds_[depth]) && go_json_reader(member).peek() == json_kind::null) {
    // For a key that does not exist, every operator is true except equality and `in`.
    return op_ != op::equal && op_ != op::in;
  }
  return match_holds(member, depth + 1);
}

/// A member that JSON omits, or shows as null, has the zero value of its kind.
bool record_filter::predicate::value_holds(go_json_reader value) const {
  const json_kind what = value.peek();
  switch (kinds_.back()) {
    case kind::text: return text_holds(what == json_kind::string ? value.string() : std::string());
    case kind::integer: {
      const auto number = go_parse_int(what == json_kind::number ? value.number() : "0");
      return (number.value == number_) == (op_ == op::equal);
    }
    case kind::boolean: {
      const bool is = what == json_kind::boolean && value.boolean();
      return (is == (number_ != 0)) == (op_ == op::equal);
    }
    default: break;
  }
  const std::vector<std::string> texts = texts_of(value);
  if (op_ == op::is_empty) return texts.empty();
  if (op_ == op::is_not_empty) return !texts.empty();
  const bool has = std::find(texts.begin(), texts.end(), value_) != texts.end();
  return has == (op_ == op::in);
}

bool record_filter::predicate::text_holds(const std::string& text) const {
  switch (op_) {
    case op::equal: return text == value_;
    case op::not_equal: return text != value_;
    case op::in: return text.find(value_) != text.npos;
    case op::not_in: return text.find(value_) == text.npos;
    case op::matches: return RE2::PartialMatch(text, *expression_);
    default: return !RE2::PartialMatch(text, *expression_);
  }
}

record_filter::record_filter(std::string_view text, filter_schema schema,
                             const consul_traits& traits) {
  if (text.empty()) return;
  const filter_syntax syntax(text);
  error_ = syntax.error();
  if (error_.empty()) {
    root_ = std::make_unique<predicate>(traits);
    error_ = root_->compile(*syntax.root(), schema);
  }
  if (!error_.empty()) error_.insert(0, error_start);
}

record_filter::~record_filter() = default;

std::string_view record_filter::bare_error() const noexcept {
  return std::string_view(error_).substr(error_.empty() ? 0 : error_start.size());
}

bool record_filter::matches(std::string_view json) const {
  return !root_ || root_->holds(go_json_reader(json));
}

}  // namespace tenure::agent
