#include "election/group/operators.hpp"

#include <tenure/bad_configuration.hpp>
#include <utility>
#include <vector>

#include "consul/acl_rules.hpp"
#include "consul/format.hpp"
#include "core/group/member_name.hpp"
#include "election/context.hpp"
#include "election/errors.hpp"
#include "election/group/group_report.hpp"
#include "election/group/group_view.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

void check_pinned_key(const std::string& prefix, const std::string& key) {
  if (key.empty()) throw bad_configuration("a pin needs a key: give that of an election");
  std::string why = consul::unaddressable(key);
  if (why.empty()) why = consul::unaddressable(pin_key_name(prefix, key));
  if (why.empty()) return;
  throw bad_configuration("the key \"" + key + "\" cannot be pinned (" + why + "): use another");
}

asio::awaitable<void> write(std::shared_ptr<context> shared, consul::txn_op what) {
  std::vector<consul::txn_op> ops;
  ops.push_back(std::move(what));
  const time_point deadline = shared->client.deadline();
  const consul::txn_result answer = co_await shared->client.write(std::move(ops), deadline);
  if (answer.error) fail(answer.error, answer.detail);
  if (!answer.committed) {
    fail(errc::refused, answer.failures.empty() ? "" : answer.failures.front().what);
  }
}

// Another operator may replace the pin between the read and the write.
asio::awaitable<void> remove_pin_to(std::shared_ptr<context> shared, std::string name,
                                    std::string member) {
  const time_point give_up = shared->client.deadline();
  for (;;) {
    const consul::kv_result found =
        co_await shared->client.get(name, consul::consistency::consistent);
    if (found.error) fail(found.error, found.detail);
    if (!found.entry || pinned_member(*found.entry) != member) co_return;
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_index(name, found.entry->modify_index));
    ops.push_back(consul::txn_op::remove(name));
    const consul::txn_result answer = co_await shared->client.write(std::move(ops), give_up);
    if (answer.error) fail(answer.error, answer.detail);
    if (answer.committed) co_return;
    if (shared->now() >= give_up) fail(errc::timed_out, "the pin keeps changing");
  }
}

}  // namespace

// One linearizable list, so that the members and what they lead are of one moment.
asio::awaitable<group_report> group_of(std::shared_ptr<context> shared, std::string prefix) {
  shared->check_open();
  check_group_prefix(prefix);
  const std::string folder = prefix + '/';
  const consul::kv_list below =
      co_await shared->client.list(folder, consul::consistency::consistent);
  if (below.error) fail(below.error, below.detail);
  // A list does not show what the token may not read. A read of one key is refused.
  if (below.entries.empty() && below.may_be_filtered) {
    const std::string one_key = members_prefix(prefix);
    const consul::kv_result one =
        co_await shared->client.get(one_key, consul::consistency::default_);
    if (one.error == consul_errc::forbidden)
      fail(one.error, consul::refusal_text(acl_rule{"key_prefix", folder, "list"}, ""));
  }
  group_report report = report_group(prefix, below);
  for (group_member_status& member : report.members) {
    member.self = shared->sessions.has(member.session);
  }
  co_return report;
}

asio::awaitable<void> drain(std::shared_ptr<context> shared, std::string prefix,
                            std::string member) {
  shared->check_open();
  check_group_prefix(prefix);
  core::check_member_name(member);
  consul::txn_op what = consul::txn_op::set(drain_key_name(prefix, member), "");
  co_await write(shared, std::move(what));
}

asio::awaitable<void> undrain(std::shared_ptr<context> shared, std::string prefix,
                              std::string member) {
  shared->check_open();
  check_group_prefix(prefix);
  core::check_member_name(member);
  consul::txn_op what = consul::txn_op::remove(drain_key_name(prefix, member));
  co_await write(shared, std::move(what));
}

asio::awaitable<void> pin(std::shared_ptr<context> shared, std::string prefix, std::string key,
                          std::string member) {
  shared->check_open();
  check_group_prefix(prefix);
  check_pinned_key(prefix, key);
  core::check_member_name(member);
  consul::txn_op what = consul::txn_op::set(pin_key_name(prefix, key), std::move(member));
  co_await write(shared, std::move(what));
}

asio::awaitable<void> unpin(std::shared_ptr<context> shared, std::string prefix, std::string key,
                            std::string member) {
  shared->check_open();
  check_group_prefix(prefix);
  check_pinned_key(prefix, key);
  std::string name = pin_key_name(prefix, key);
  if (member.empty()) {
    consul::txn_op what = consul::txn_op::remove(std::move(name));
    co_await write(shared, std::move(what));
  } else {
    core::check_member_name(member);
    co_await remove_pin_to(shared, std::move(name), std::move(member));
  }
}

}  // namespace tenure::impl
