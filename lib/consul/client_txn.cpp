// Transactions.
#include <algorithm>
#include <functional>
#include <optional>
#include <ranges>
#include <utility>

#include "consul/acl_rules.hpp"
#include "consul/client.hpp"
#include "consul/client_support.hpp"
#include "consul/parse.hpp"
#include "core/util/invariant.hpp"

namespace tenure::consul {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_ops = 128;             // of Consul 1.14; 64 before
constexpr std::size_t longest_body = 512 * 1024;  // a longer one is a 413

std::string too_large(std::size_t ops, std::size_t bytes) {
  if (ops == 0) return "a transaction without operations";
  if (ops > most_ops)
    return std::to_string(ops) + " operations, and Consul accepts " + std::to_string(most_ops);
  if (bytes > longest_body)
    return std::to_string(bytes) + " bytes, and Consul accepts " + std::to_string(longest_body);
  return "";
}

// The keys that a committed transaction returns. Consul returns one for each operation, except for
// check-not-exists and removals, and silently omits those that the token may not read. The keys of
// checks, of which a proof has nothing else, are compared and not kept: a result that is not that
// of its operation proves nothing. Nor does one with another holder: it may be the answer to the
// same request of another process, from a proxy that mixes up its connections.
class returned_keys final : public kv_reader {
 public:
  returned_keys(const std::vector<txn_op>& ops, std::vector<kv_entry>& kept) : kept_(kept) {
    expected_.reserve(ops.size());
    for (const txn_op& op : ops) {
      const std::string_view verb = op.verb;
      if (verb == "check-not-exists" || verb == "delete" || verb == "delete-tree") continue;
      const bool checks_index = verb == "check-index";
      const bool names_holder = verb == "unlock" || !op.session.empty();
      const std::string_view holder = verb == "unlock" ? std::string_view() : op.session;
      expected_.push_back({.key_hash = hash(op.key),
                           .index = checks_index ? op.index : 0,
                           .holder_hash = names_holder ? hash(holder) : 0,
                           .names_holder = names_holder,
                           .wanted = !verb.starts_with("check-")});
    }
  }
  bool wants(const key_header& seen) override {
    const std::size_t index = seen_++;
    if (index >= expected_.size()) return false;
    const result& expected = expected_[index];
    const bool right = hash(seen.key) == expected.key_hash &&
                       (expected.index == 0 || expected.index == seen.modify_index) &&
                       (!expected.names_holder || hash(seen.session) == expected.holder_hash);
    if (!right && !stranger_) stranger_ = seen.key;
    return expected.wanted;
  }
  void take(kv_entry entry) override { kept_.push_back(std::move(entry)); }
  bool all_seen() const noexcept { return seen_ == expected_.size() && !stranger_; }
  bool some_missing() const noexcept { return seen_ < expected_.size(); }
  /// How many keys are kept if all are seen.
  std::size_t wanted() const noexcept {
    return static_cast<std::size_t>(std::ranges::count(expected_, true, &result::wanted));
  }
  std::string text() const {
    if (stranger_) return "another key, index or holder than it must: " + *stranger_;
    return std::to_string(seen_) + " keys of " + std::to_string(expected_.size()) +
           " (may the token read them all?)";
  }

 private:
  /// Of an operation, without its key: the request may wait for long.
  struct result {
    std::size_t key_hash;
    std::uint64_t index;  ///< 0: any
    std::size_t holder_hash;
    bool names_holder;  ///< false: any, or none
    bool wanted;
  };

  static std::size_t hash(std::string_view text) noexcept {
    return std::hash<std::string_view>()(text);
  }

  std::vector<kv_entry>& kept_;
  std::vector<result> expected_;
  std::size_t seen_ = 0;
  std::optional<std::string> stranger_;  ///< the first wrong key
};

}  // namespace

asio::awaitable<txn_result> client::transact(call what, std::vector<txn_op> ops) {
  txn_result answer;
  what.body = txn_body(ops, config_.access());
  what.accepted = 409;
  const consul::effect effect = what.effect;
  if (const std::string why = too_large(ops.size(), what.body.size()); !why.empty()) {
    answer.sent_at = env_->clock->now();
    set_error(answer, consul_errc::bad_request, what, config_, "not sent: " + why);
    co_return answer;
  }
  returned_keys keys(ops, answer.results);
  ops = std::vector<txn_op>();  // frees memory: the body is complete, and may queue for long
  response received = co_await ask(what);
  take_base(received, answer);
  if (answer.error) co_return answer;

  const bool refused = received.status == 409;
  const error_code error = parser_->txn(received.body, keys, answer.failures);
  const bool in_form = !error && refused != answer.failures.empty();
  if (!in_form || !(refused || keys.all_seen())) {
    // With a 409 nothing was executed, whatever its body is.
    const bool unknown = !refused && effect == effect::write;
    answer.results.clear();
    answer.failures.clear();
    const bool hidden = in_form && effect == effect::read && keys.some_missing();
    if (hidden && note_unreadable(what, answer)) co_return answer;
    set_error(answer, unknown ? consul_errc::outcome_unknown : consul_errc::bad_answer,
              what, config_, received,
              in_form ? "a committed transaction that returns " + keys.text()
                      : "not the answer of a transaction: " + received.body);
    co_return answer;
  }
  if (refused) {
    note_refused(what, received, answer);
  } else if (!refusals_.quiet()) {
    note_allowed(what, answer);
  }
  answer.committed = !refused;
  core::must(refused || answer.results.size() == keys.wanted(),
             "a committed transaction has the results of its operations, and no others", [&] {
               return describe(what, config_) + ", " + std::to_string(answer.results.size()) +
                      " results, " + std::to_string(keys.wanted()) + " wanted";
             });
  co_return answer;
}

// Consul leaves out the keys of `get` that the token may not read.
bool client::note_unreadable(call& what, answer_base& answer) {
  std::optional<acl_rule> rule;
  const error_code error =
      parser_->operations(what.body, [&](std::string_view verb, std::string_view key) {
        if (!rule && verb == "get") rule = rule_for(verb, key);
      });
  if (error || !rule) return false;
  set_error(answer, consul_errc::forbidden, what, config_, refusal_text(rule, ""));
  refusals_.refused(rule, answer.detail);
  return true;
}

// The rule that each operation needs.
std::vector<acl_rule> client::rules_of(call& what) {
  std::vector<acl_rule> rules;
  if (parser_->operations(what.body, [&](std::string_view verb, std::string_view key) {
        rules.push_back(rule_for(verb, key));
      }))
    rules.clear();
  return rules;
}

// No operation of an answered transaction was refused for want of a right.
void client::note_allowed(call& what, const txn_result& answer) {
  refusals_.known(answer.sent_at);
  for (const acl_rule& rule : rules_of(what)) refusals_.allowed(rule, answer.sent_at);
}

// A missing right is the error of the whole transaction, and each operation that failed for it
// names the rule that it needs.
void client::note_refused(call& what, const response& received, txn_result& answer) {
  const text::request_secrets secrets = secrets_of(received, what, config_);
  const auto denied = [](const txn_error& f) { return f.kind == txn_failure::forbidden; };
  if (std::ranges::none_of(answer.failures, denied)) {
    for (txn_error& failure : answer.failures) failure.what = shown(failure.what, secrets);
    if (!refusals_.quiet()) note_allowed(what, answer);
    return;
  }
  const std::vector<acl_rule> rules = rules_of(what);
  refusals_.known(answer.sent_at);
  // From the end: a write follows the check that guards it, and needs more.
  for (txn_error& failure : answer.failures | std::views::reverse) {
    const std::string text = std::exchange(failure.what, shown(failure.what, secrets));
    if (!denied(failure)) continue;
    std::optional<acl_rule> rule = rule_named_in(text);
    if (rule) rule->name = shown(rule->name, secrets);
    if (!rule && failure.op_index < rules.size()) rule = rules[failure.op_index];
    failure.what = refusal_text(rule, failure.what);
    const std::string line = with_outcome(describe(what, config_), failure.what);
    refusals_.refused(rule, line);
    if (!answer.error) {
      answer.error = consul_errc::forbidden;
      answer.detail = line;
    }
  }
}

asio::awaitable<txn_result> client::write(std::vector<txn_op> ops, time_point deadline) {
  target to("/v1/txn", config_);
  call what(runtime::lane::requests, effect::write, "PUT", std::move(to), deadline);
  return transact(std::move(what), std::move(ops));
}

asio::awaitable<txn_result> client::read(std::vector<txn_op> ops, time_point deadline) {
  target to("/v1/txn", config_);
  to.with(consistency::consistent);
  call what(runtime::lane::requests, effect::read, "PUT", std::move(to), deadline);
  return transact(std::move(what), std::move(ops));
}

asio::awaitable<txn_result> client::prove(std::vector<txn_op> ops, time_point deadline) {
  target to("/v1/txn", config_);
  to.with(consistency::consistent);
  call what(runtime::lane::renewals, effect::read, "PUT", std::move(to), deadline);
  return transact(std::move(what), std::move(ops));
}

}  // namespace tenure::consul
