#include "election/watching/watcher.hpp"

#include <utility>

#include "election/watching/range_query.hpp"
#include "election/watching/watched_keys.hpp"

namespace tenure::impl {

void key_watcher::unwatch() noexcept {
  if (link_.registry != nullptr) link_.registry->unwatch(*this);
}

void key_watcher::invalidate() noexcept {
  if (link_.key != nullptr) link_.key->second.due = true;
}

void key_watcher::expect_lock_op(bool expected) noexcept {
  if (link_.key == nullptr) return;
  watched_key& key = link_.key->second;
  if (std::exchange(key.claimed, expected) == expected || key.owner == nullptr) return;
  if (expected) {
    key.owner->query().lock_op_begun();
  } else {
    key.owner->query().lock_op_answered();
  }
}

}  // namespace tenure::impl
