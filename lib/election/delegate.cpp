#include <tenure/delegate.hpp>
#include <utility>
#include <vector>

#include "consul/acl_rules.hpp"
#include "consul/client.hpp"
#include "consul/documents.hpp"
#include "core/lease/lease_rules.hpp"
#include "core/util/backoff.hpp"
#include "election/errors.hpp"
#include "election/sessions/span_tag.hpp"
#include "wire/http_client.hpp"

namespace tenure {

namespace asio = boost::asio;

namespace impl {
namespace {

constexpr duration write_timeout = std::chrono::seconds(10);

duration lease_of(duration span) {
  const core::lease_rules rules(span, core::lease_rules::default_stop_budget(span));
  return rules.lease_end(time_point{}) - time_point{};
}

}  // namespace

class delegate_state {
 public:
  delegate_state(asio::any_io_executor executor, consul_config config, std::string its_key,
                 std::string its_session, std::string settings)
      : env(wire::make_system_environment(std::move(executor), config, silent_log())),
        client(env, std::move(config)),
        key(std::move(its_key)),
        session(std::move(its_session)),
        settings_key(settings.empty() ? leader_settings::key_for(key) : std::move(settings)) {}

  asio::awaitable<consul::kv_result> read(std::string what) {
    consul::kv_result found = co_await client.get(std::move(what), consul::consistency::consistent);
    if (found.error) fail(found.error, found.detail);
    co_return found;
  }
  bool held_by_us(const consul::kv_result& found) const {
    return !session.empty() && found.entry && found.entry->session == session;
  }
  settings_snapshot snapshot_of(const consul::kv_result& found) const {
    if (!found.entry) return {};
    auto now = settings_snapshot::parse(found.entry->value);
    if (!now) fail(errc::bad_argument, "the value of '" + settings_key + "' is not settings");
    now->index = found.entry->modify_index;
    return std::move(*now);
  }

  /// `unknown`: whether a write may have been carried out, although no answer says so.
  asio::awaitable<void> set(leader_settings::changes changes, bool& unknown);

  std::shared_ptr<const runtime::environment> env;
  consul::client client;
  std::string key;
  std::string session;
  std::string settings_key;
};

}  // namespace impl

delegate::delegate(asio::any_io_executor executor, consul_config config, std::string key,
                   std::string session, std::string settings_key)
    : state_(std::make_unique<impl::delegate_state>(std::move(executor), std::move(config),
                                                    std::move(key), std::move(session),
                                                    std::move(settings_key))) {}
delegate::delegate(delegate&&) noexcept = default;
delegate& delegate::operator=(delegate&&) noexcept = default;
delegate::~delegate() = default;

asio::any_io_executor delegate::get_executor() const noexcept {
  return state_ ? state_->env->executor : asio::any_io_executor();
}

impl::delegate_state& delegate::state() const {
  if (!state_) impl::fail(errc::shut_down, "the delegate is empty: it was moved from");
  return *state_;
}

asio::awaitable<bool> delegate::leads() {
  impl::delegate_state& all = state();
  const consul::kv_result found = co_await all.read(all.key);
  co_return all.held_by_us(found);
}

// The argument by which a term proves itself: our session held the key when the request was sent,
// so no successor of tenure's starts before one span has passed since then. Only the holder could
// release the key earlier, and it does not while its delegate acts.
asio::awaitable<leadership_proof> delegate::prove() {
  impl::delegate_state& all = state();
  leadership_proof proof;
  const consul::kv_result found = co_await all.read(all.key);
  if (!all.held_by_us(found)) co_return proof;
  const consul::session_found holder =
      co_await all.client.session_info(all.session, consul::consistency::consistent);
  if (holder.error) impl::fail(holder.error, holder.detail);
  if (!holder.session) {
    // The session has ended, or the token may not read it: then it still holds the key.
    const consul::kv_result again = co_await all.read(all.key);
    if (all.held_by_us(again)) {
      impl::fail(consul_errc::forbidden,
                 consul::refusal_text(acl_rule{"session_prefix", "", "read"}, ""));
    }
    co_return proof;
  }
  proof.leads = true;
  proof.span = impl::span_in_name(holder.session->name);
  if (proof.span == duration(0)) co_return proof;
  proof.lease = impl::lease_of(proof.span);
  proof.valid_until = found.sent_at + proof.lease;
  co_return proof;
}

asio::awaitable<settings_snapshot> delegate::settings() {
  impl::delegate_state& all = state();
  const consul::kv_result found = co_await all.read(all.settings_key);
  co_return all.snapshot_of(found);
}

// After a lost answer it reads again: either the changes are there, or the lost write, should it
// still arrive, will not match once the next one has been carried out.
asio::awaitable<void> impl::delegate_state::set(leader_settings::changes changes, bool& unknown) {
  const time_point give_up = env->clock->now() + write_timeout;
  core::backoff pauses(std::chrono::milliseconds(10), std::chrono::seconds(1));
  for (;;) {
    const consul::kv_result leading = co_await read(key);
    if (!held_by_us(leading)) fail(errc::not_leading, "'" + key + "' is not held");
    const consul::kv_result stored = co_await read(settings_key);
    settings_snapshot now = snapshot_of(stored);
    const bool differs = consul::merge_settings(changes, now.values);
    if (unknown && !differs) co_return;
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_session(key, session));
    ops.push_back(consul::txn_op::check_index(key, leading.entry->modify_index));
    ops.push_back(consul::txn_op::cas(settings_key, now.text(), now.index));
    const consul::txn_result answer = co_await client.write(std::move(ops), give_up);
    if (answer.committed) co_return;
    unknown = unknown || answer.error == consul_errc::outcome_unknown;
    const bool again = !answer.error || (unknown && answer.error == error_kind::retryable);
    if (!again) fail(answer.error, answer.detail);
    const time_point at = env->clock->now() + pauses.next(env->random->next());
    if (at >= give_up) fail(errc::refused, "the settings keep changing");
    co_await runtime::sleep_until(*env->timers, at);
  }
}

asio::awaitable<void> delegate::set(leader_settings::changes changes) {
  impl::delegate_state& all = state();
  bool unknown = false;
  try {
    co_await all.set(std::move(changes), unknown);
  } catch (const boost::system::system_error& e) {
    if (!unknown || e.code() == asio::error::operation_aborted) throw;
    impl::fail(errc::outcome_unknown, "settings in \"" + all.settings_key + "\"");
  }
}

}  // namespace tenure
