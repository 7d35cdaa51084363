// What the guarded writes of elections and of semaphores have in common.
#pragma once

#include <memory>
#include <string>
#include <tenure/term.hpp>
#include <utility>
#include <vector>

#include "consul/types.hpp"
#include "election/term/term_state.hpp"
#include "runtime/async_condition.hpp"

namespace tenure::impl {

inline constexpr std::size_t most_writes = 60;

inline consul::txn_op operation(const leader_writes::entry& e) {
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

/// Whether the write changes `key`.
inline bool covers(const leader_writes::entry& e, const std::string& key) {
  return e.what == leader_writes::kind::remove_below ? key.starts_with(e.key) : key == e.key;
}

/// Marks a term as writing for as long as it lives.
class writing_turn {
 public:
  writing_turn(std::shared_ptr<term_state> whose, runtime::async_condition& changed)
      : whose_(std::move(whose)), changed_(changed) {
    whose_->writing = true;
  }
  writing_turn(const writing_turn&) = delete;
  writing_turn& operator=(const writing_turn&) = delete;
  ~writing_turn() {
    whose_->writing = false;
    changed_.notify_all();
  }

 private:
  std::shared_ptr<term_state> whose_;
  runtime::async_condition& changed_;
};

}  // namespace tenure::impl
