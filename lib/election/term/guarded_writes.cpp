#include "election/term/guarded_writes.hpp"

#include <algorithm>

#include "core/testing/seeded_bug.hpp"
#include "election/errors.hpp"

namespace tenure::impl {
namespace {

constexpr std::size_t most_writes = 60;
constexpr std::size_t guards = 2;

consul::txn_op operation(const leader_writes::entry& e) {
  switch (e.what) {
    case leader_writes::kind::set:
      return consul::txn_op::set(e.key, e.value, e.flags);
    case leader_writes::kind::set_if:
      return consul::txn_op::cas(e.key, e.value, e.index, e.flags);
    case leader_writes::kind::remove:
      return consul::txn_op::remove(e.key);
    case leader_writes::kind::remove_below:
      break;
  }
  return consul::txn_op::remove_tree(e.key);
}

}  // namespace

void check_count(const leader_writes& writes) {
  const std::size_t count = writes.entries().size();
  if (count == 0 || count > most_writes) {
    fail(errc::bad_argument,
         "a leader's transaction has 1 to 60 writes, not " + std::to_string(count));
  }
}

bool covers(const leader_writes::entry& what, const std::string& key) {
  return what.what == leader_writes::kind::remove_below ? key.starts_with(what.key)
                                                        : key == what.key;
}

void append(std::vector<consul::txn_op>& ops, const leader_writes& writes) {
  for (const leader_writes::entry& e : writes.entries()) ops.push_back(operation(e));
}

bool committed(const consul::txn_result& answer) {
  if (answer.committed) return true;
  const bool unknown = answer.error == consul_errc::outcome_unknown &&
                       !bug_enabled(core::seeded_bug::lost_reply_is_failure);
  if (unknown) fail(errc::outcome_unknown, answer.detail);
  if (answer.error) fail(answer.error, answer.detail);
  const bool guard_failed =
      std::ranges::any_of(answer.failures, [](const consul::txn_error& f) {
        return f.op_index < guards;
      });
  if (guard_failed) return false;
  fail(errc::refused, answer.failures.empty() ? answer.detail : answer.failures.front().what);
}

}  // namespace tenure::impl
