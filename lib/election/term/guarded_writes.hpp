// What the guarded writes of elections and of semaphores have in common: each is one transaction
// whose first two operations check that the term still holds its lock.
#pragma once

#include <string>
#include <tenure/term.hpp>
#include <vector>

#include "consul/types.hpp"

namespace tenure::impl {

/// Throws bad_argument unless there are 1 to 60 writes.
void check_count(const leader_writes& writes);

/// Whether the write changes `key`.
bool covers(const leader_writes::entry& what, const std::string& key);

/// Adds the operations of the writes.
void append(std::vector<consul::txn_op>& ops, const leader_writes& writes);

/// Whether the transaction was committed; false where its guards refused it. Throws outcome_unknown
/// where the answer was lost, refused where one of the writes did not match, and Consul's errors.
bool committed(const consul::txn_result& answer);

}  // namespace tenure::impl
