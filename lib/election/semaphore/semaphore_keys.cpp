#include "election/semaphore/semaphore_keys.hpp"

#include <utility>

#include "consul/documents.hpp"
#include "core/testing/seeded_bug.hpp"

namespace tenure::impl {

semaphore_reading semaphore_keys::read(const consul::kv_list& answer,
                                       consul::consistency how) const {
  semaphore_reading seen;
  seen.index = answer.index;
  seen.linearizable = how == consul::consistency::consistent;
  seen.sent_at = answer.sent_at;
  for (const consul::kv_entry& entry : answer.entries) {
    if (entry.key == lock_) {
      seen.lock_modified = entry.modify_index;
      seen.lock_created = entry.create_index;
      auto lock = consul::parse_semaphore(entry.value);
      seen.good = lock && entry.flags == consul::semaphore_flags;
      if (!seen.good) continue;
      seen.limit = lock->limit;
      seen.holders = std::move(lock->holders);
    } else if (!entry.session.empty()) {
      seen.contenders.insert(entry.session);
    }
  }
  return seen;
}

consul::txn_op semaphore_keys::enroll(const std::string& session, std::string value) const {
  return consul::txn_op::lock(contender(session), session, std::move(value),
                              consul::semaphore_flags);
}

consul::txn_op semaphore_keys::check_contender(const std::string& session) const {
  return consul::txn_op::check_session(contender(session), session);
}

consul::txn_op semaphore_keys::check_lock(std::uint64_t index) const {
  return index == 0 ? consul::txn_op::check_not_exists(lock_)
                    : consul::txn_op::check_index(lock_, index);
}

consul::txn_op semaphore_keys::name_holders(std::uint64_t limit, std::set<std::string> holders,
                                            std::uint64_t index) const {
  consul::semaphore_document lock;
  lock.limit = limit;
  lock.holders = std::move(holders);
  // An empty value without holders: the next one may choose another limit.
  std::string text = lock.holders.empty() ? std::string() : consul::semaphore_text(lock);
  if (bug_enabled(core::seeded_bug::slot_without_index)) {
    return consul::txn_op::set(lock_, std::move(text), consul::semaphore_flags);
  }
  return consul::txn_op::cas(lock_, std::move(text), index, consul::semaphore_flags);
}

}  // namespace tenure::impl
