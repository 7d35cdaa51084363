// Which ACL rule an operation of Consul's API needs, and what a refusal says for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tenure/acl_policy.hpp>

namespace tenure::consul {

class target;

/// What an operation of a transaction needs.
acl_rule rule_for(std::string_view verb, std::string_view key);
/// What a request to that target needs. Nothing if it needs no right, or if its operations have
/// their own. (Consul filters some answers silently: see answer_base::may_be_filtered.)
std::optional<acl_rule> rule_for(const target& to);

/// Whether an answer with that status proves that the token may do what the request does. Consul
/// looks for a session or a check before it looks at rights.
bool proves_right(const target& to, unsigned status) noexcept;

/// The rule that a refusal names: of Consul since 1.12, and before that for services.
std::optional<acl_rule> rule_named_in(std::string_view refusal);
/// The rule that a refused request needs. Nothing if Consul does not know the token, or if the
/// refusal is not Consul's.
std::optional<acl_rule> missing_rule(const target& to, std::string_view refusal);

/// One line: which right is missing, and the rule that gives it. Without a rule: what Consul said.
std::string refusal_text(const std::optional<acl_rule>& rule, std::string_view refusal);

}  // namespace tenure::consul
