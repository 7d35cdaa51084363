// Leadership by Consul itself: for the command of `tenure run` or `tenure lock`, whose environment
// names the key and the session.
#include <utility>
#include <vector>

#include "common/duration.hpp"
#include "consul/client.hpp"
#include "consul/documents.hpp"
#include "core/lease/lease_rules.hpp"
#include "election/sessions/span_tag.hpp"
#include "tenure/juju/leadership.hpp"
#include "wire/http_client.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration default_guarantee = 30s;
constexpr duration patience = 10s;

duration lease_of(duration span) {
  const core::lease_rules rules(span, core::lease_rules::default_stop_budget(span));
  return rules.lease_end(time_point{}) - time_point{};
}

// The shortest span, in whole seconds, whose lease lasts that long.
duration span_for(duration lease) {
  duration span = 1s;
  while (lease_of(span) < lease) span += 1s;
  return span;
}

class consul_leadership final : public leadership {
 public:
  consul_leadership(asio::any_io_executor executor, consul_config config, election_keys keys)
      : services_(wire::make_system_environment(std::move(executor), config, silent_log())),
        client_(services_, std::move(config)),
        key_(std::move(keys.key)),
        session_(std::move(keys.session)),
        settings_(std::move(keys.settings)) {}

  // The argument by which a term proves itself: our session held the key when the request was sent,
  // so no tenure successor starts before one span has passed since then. Only the holder could
  // release the key earlier, and it does not while the command that calls this tool runs.
  asio::awaitable<bool> is_leader(std::optional<duration> requested) override {
    const duration guarantee = requested.value_or(default_guarantee);
    const consul::kv_result found = co_await read(key_);
    if (!ours(found)) co_return false;
    if (guarantee == duration(0)) co_return true;
    const consul::session_found holder =
        co_await client_.session_info(session_, consul::consistency::consistent);
    if (holder.error) throw tool_error(holder.detail);
    if (!holder.session) co_return false;
    const duration span = impl::span_in_name(holder.session->name);
    if (span == duration(0)) {
      throw tool_error("the session " + session_ +
                       " is not tenure's, so a successor may start at any time: use "
                       "--guarantee 0");
    }
    const duration lease = lease_of(span);
    if (lease < guarantee) {
      throw tool_error(to_text(guarantee) + " cannot be promised with a span of " + to_text(span) +
                       ": a lease lasts " +
                       to_text(std::chrono::floor<std::chrono::milliseconds>(lease)) +
                       "; run tenure with --span " + to_text(span_for(guarantee + 1s)) +
                       " or use a shorter --guarantee");
    }
    co_return found.sent_at + lease - services_->clock->now() >= guarantee;
  }

  asio::awaitable<settings_snapshot> get() override {
    const consul::kv_result found = co_await read(settings_);
    co_return snapshot_of(found);
  }

  asio::awaitable<void> set(leader_settings::changes changes) override {
    const time_point give_up = services_->clock->now() + patience;
    bool done = false;
    while (!done) {
      const consul::kv_result leading = co_await read(key_);
      if (!ours(leading)) throw tool_error(not_the_leader);
      const consul::kv_result stored = co_await read(settings_);
      settings_snapshot now = snapshot_of(stored);
      consul::merge_settings(changes, now.values);
      std::vector<consul::txn_op> ops;
      ops.push_back(consul::txn_op::check_session(key_, session_));
      ops.push_back(consul::txn_op::check_index(key_, leading.entry->modify_index));
      ops.push_back(consul::txn_op::cas(settings_, consul::settings_text(now.values), now.index));
      const consul::txn_result answer = co_await client_.write(std::move(ops), give_up);
      if (answer.error) throw tool_error(answer.detail);
      done = answer.committed;
      if (!done && services_->clock->now() >= give_up)
        throw tool_error("the settings keep changing");
    }
  }

 private:
  asio::awaitable<consul::kv_result> read(std::string key) {
    consul::kv_result found = co_await client_.get(std::move(key), consul::consistency::consistent);
    if (found.error) throw tool_error(found.detail);
    co_return found;
  }
  bool ours(const consul::kv_result& found) const {
    return !session_.empty() && found.entry && found.entry->session == session_;
  }
  settings_snapshot snapshot_of(const consul::kv_result& found) const {
    settings_snapshot now;
    if (!found.entry) return now;
    auto values = consul::parse_settings(found.entry->value);
    if (!values) throw tool_error("the value of '" + settings_ + "' is not settings");
    now.index = found.entry->modify_index;
    now.values = std::move(*values);
    return now;
  }

  std::shared_ptr<const runtime::environment> services_;
  consul::client client_;
  std::string key_;
  std::string session_;
  std::string settings_;
};

}  // namespace

std::unique_ptr<leadership> leadership_by_consul(asio::any_io_executor executor,
                                                 consul_config config, election_keys keys) {
  return std::make_unique<consul_leadership>(std::move(executor), std::move(config),
                                             std::move(keys));
}

}  // namespace tenure::apps
