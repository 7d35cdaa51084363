#include "election/queries.hpp"

#include <map>
#include <utility>

#include "consul/acl_rules.hpp"
#include "consul/documents.hpp"
#include "election/context.hpp"
#include "election/errors.hpp"
#include "election/group/group_view.hpp"
#include "election/leader_in.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

leader holder(const consul::kv_entry& entry) {
  leader who;
  who.key = entry.key;
  who.session = entry.session;
  if (!entry.session.empty()) {
    who.value = entry.value;
    who.fence = entry.modify_index;
  }
  return who;
}

}  // namespace

asio::awaitable<leader> leader_of(std::shared_ptr<context> shared, std::string key) {
  shared->check_open();
  const consul::kv_result answer = co_await shared->client.get(key, shared->observer_reads());
  if (answer.error) fail(answer.error, answer.detail);
  co_return leader_in(key, answer);
}

asio::awaitable<leader> depose(std::shared_ptr<context> shared, std::string key) {
  shared->check_open();
  const time_point give_up = shared->client.deadline();
  for (;;) {
    const consul::kv_result found =
        co_await shared->client.get(key, consul::consistency::consistent);
    if (found.error) fail(found.error, found.detail);
    const leader who = leader_in(key, found);
    if (!who.present()) fail(errc::not_leading, "\"" + key + "\" is not held");
    // The value stays, so that successors wait until the deposed holder's lease is over.
    const std::string left = who.value.empty() ? std::string("deposed") : who.value;
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_index(key, who.fence));
    ops.push_back(consul::txn_op::unlock(key, who.session, left, found.entry->flags));
    const consul::txn_result answer = co_await shared->client.write(std::move(ops), give_up);
    if (answer.error) fail(answer.error, answer.detail);
    if (answer.committed) co_return who;
    // The key was written in between: look again.
    if (shared->now() >= give_up) fail(errc::timed_out, "the key keeps changing");
  }
}

asio::awaitable<void> ping(std::shared_ptr<context> shared) {
  shared->check_open();
  const consul::ack answer = co_await shared->client.ping();
  if (answer.error) fail(answer.error, answer.detail);
}

// Elections, and the holders of semaphores.
asio::awaitable<std::vector<leader>> leaders(std::shared_ptr<context> shared, std::string prefix) {
  shared->check_open();
  const consul::kv_list answer = co_await shared->client.list(prefix, shared->observer_reads());
  if (answer.error) fail(answer.error, answer.detail);
  // A list does not show what the token may not read. A read of one key is refused.
  if (answer.entries.empty() && answer.may_be_filtered && !prefix.empty()) {
    const consul::kv_result one =
        co_await shared->client.get(prefix, consul::consistency::default_);
    if (one.error == consul_errc::forbidden)
      fail(one.error, consul::refusal_text(acl_rule{"key_prefix", prefix, "list"}, ""));
  }
  std::map<std::string, std::string> published;  // by slot candidates, under their own keys
  for (const consul::kv_entry& entry : answer.entries) {
    if (entry.flags == consul::semaphore_flags && !entry.session.empty())
      published.emplace(entry.key, entry.value);
  }
  std::vector<leader> all;
  for (const consul::kv_entry& entry : answer.entries) {
    if (is_member_key(entry)) continue;
    if (entry.flags != consul::semaphore_flags) {
      if (entry.flags == consul::lock_flags || !entry.session.empty()) all.push_back(holder(entry));
      continue;
    }
    if (!entry.key.ends_with("/.lock")) continue;
    const auto lock = consul::parse_semaphore(entry.value);
    if (!lock || lock->holders.empty()) {
      all.push_back(holder(entry));
      continue;
    }
    const std::string folder = entry.key.substr(0, entry.key.size() - 5);  // with its slash
    for (const std::string& session : lock->holders) {
      leader who;
      who.key = entry.key;
      who.session = session;
      const auto value = published.find(folder + session);
      if (value != published.end()) who.value = value->second;
      who.fence = entry.modify_index;
      all.push_back(std::move(who));
    }
  }
  co_return all;
}

}  // namespace tenure::impl
