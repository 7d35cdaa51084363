#include "consul/types.hpp"

#include <string_view>

namespace tenure::consul {
namespace {

txn_op make(const char* verb, std::string key) {
  txn_op op;
  op.verb = verb;
  op.key = std::move(key);
  return op;
}

}  // namespace

txn_op txn_op::check_index(std::string key, std::uint64_t index) {
  txn_op op = make("check-index", std::move(key));
  op.index = index;
  return op;
}

txn_op txn_op::check_held(std::string key, std::uint64_t index, std::string session) {
  txn_op op = check_index(std::move(key), index);
  op.session = std::move(session);
  return op;
}

txn_op txn_op::check_not_exists(std::string key) {
  return make("check-not-exists", std::move(key));
}

txn_op txn_op::check_session(std::string key, std::string session) {
  txn_op op = make("check-session", std::move(key));
  op.session = std::move(session);
  return op;
}

txn_op txn_op::lock(std::string key, std::string session, std::string value, std::uint64_t flags) {
  txn_op op = make("lock", std::move(key));
  op.session = std::move(session);
  op.value = std::move(value);
  op.flags = flags;
  return op;
}

txn_op txn_op::unlock(std::string key, std::string session, std::string value,
                      std::uint64_t flags) {
  txn_op op = lock(std::move(key), std::move(session), std::move(value), flags);
  op.verb = "unlock";
  return op;
}

txn_op txn_op::set(std::string key, std::string value, std::uint64_t flags) {
  txn_op op = make("set", std::move(key));
  op.value = std::move(value);
  op.flags = flags;
  return op;
}

txn_op txn_op::cas(std::string key, std::string value, std::uint64_t index, std::uint64_t flags) {
  txn_op op = set(std::move(key), std::move(value), flags);
  op.verb = "cas";
  op.index = index;
  return op;
}

txn_op txn_op::get(std::string key) { return make("get", std::move(key)); }
txn_op txn_op::remove(std::string key) { return make("delete", std::move(key)); }
txn_op txn_op::remove_tree(std::string prefix) { return make("delete-tree", std::move(prefix)); }

}  // namespace tenure::consul
