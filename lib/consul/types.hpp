// The requests to Consul and its answers as types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure::consul {

/// Flags that consul/api's Lock writes and insists on.
inline constexpr std::uint64_t lock_flags = 0x2ddccbc058a50c18;

/// One key as Consul stores it.
class kv_entry {
 public:
  std::string key;
  std::string value;    ///< decoded; empty for null
  std::string session;  ///< of the lock's holder; empty if the lock is free
  std::uint64_t flags = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t lock_index = 0;
};

enum class behavior { release, remove };

class session_request {
 public:
  std::string name;
  duration ttl{0};  ///< 0: none
  duration lock_delay{0};
  consul::behavior behavior = consul::behavior::release;
  /// The node checks to bind. Nothing means Consul's default (serfHealth), an empty list none.
  std::optional<std::vector<std::string>> node_checks;
  /// The ids of the service checks to bind. Consul supports them since 1.7.
  std::vector<std::string> service_checks;
};

/// A service with one TTL check, for agent/service/register.
class service_registration {
 public:
  std::string id;
  std::string name;
  std::string check_id;
  std::string check_name;
  duration ttl{0};
  duration deregister_after{0};  ///< how long it may be critical; Consul's minimum is a minute
};

class session_entry {
 public:
  std::string id;
  std::string name;
  std::string node;
  duration lock_delay{0};
  consul::behavior behavior = consul::behavior::release;
  std::string ttl;  ///< as written, such as "15s"
  std::vector<std::string> service_checks;  ///< the ids of the bound ones
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};

/// default_: the leader's answer without a check that it still leads; consistent: linearizable;
/// stale: the answer of any server.
enum class consistency { default_, consistent, stale };

/// One operation of a transaction. The static functions make them.
class txn_op {
 public:
  static txn_op check_index(std::string key, std::uint64_t index);
  /// A check-index whose result has to name that holder. Consul compares the index only.
  static txn_op check_held(std::string key, std::uint64_t index, std::string session);
  static txn_op check_not_exists(std::string key);
  static txn_op check_session(std::string key, std::string session);
  static txn_op lock(std::string key, std::string session, std::string value, std::uint64_t flags);
  static txn_op unlock(std::string key, std::string session, std::string value,
                       std::uint64_t flags);
  static txn_op set(std::string key, std::string value, std::uint64_t flags = 0);
  static txn_op cas(std::string key, std::string value, std::uint64_t index,
                    std::uint64_t flags = 0);
  static txn_op get(std::string key);
  static txn_op remove(std::string key);
  static txn_op remove_tree(std::string prefix);

  const char* verb = "";
  std::string key;
  std::string value;
  std::string session;
  std::uint64_t flags = 0;
  std::uint64_t index = 0;
};

enum class txn_failure {
  index_mismatch,   ///< check-index, check-not-exists, cas
  held_by_another,  ///< "lock is already held"; unlock by another; check-session
  lock_delay,       ///< "due to lock delay"
  invalid_session,
  missing_key,
  forbidden,
  other,
};

class txn_error {
 public:
  std::size_t op_index = 0;
  txn_failure kind = txn_failure::other;
  std::string what;
};

/// What all answers have. With an error the rest is empty, except the failures of a transaction
/// that the token does not allow; `detail` is then one line for a log or a terminal: the request,
/// the address it went to, and the outcome.
class answer_base {
 public:
  error_code error;
  std::string detail;
  time_point sent_at{};      ///< a time before the request was sent: leases count from here
  time_point received_at{};  ///< when the response was complete
  std::uint64_t index = 0;   ///< X-Consul-Index; 0 if the response has none
  /// A list may lack what the token may not read: Consul leaves it out and says nothing. False
  /// where Consul says that a token needs no rights.
  bool may_be_filtered = true;
};

class session_created : public answer_base {
 public:
  std::string id;
};
class session_renewed : public answer_base {
 public:
  bool alive = false;  ///< false: 404, the session is gone. True proves nothing.
};
class session_found : public answer_base {
 public:
  std::optional<session_entry> session;
};
class kv_result : public answer_base {
 public:
  std::optional<kv_entry> entry;  ///< nothing: the key does not exist
  /// By a ?consistent read or poll: what it shows was so at some moment after it was sent.
  bool linearizable = false;
};
class kv_list : public answer_base {
 public:
  std::vector<kv_entry> entries;
};
/// A list that is not parsed yet: client::read does that.
class raw_kv_list : public answer_base {
 public:
  std::string body;           ///< empty: no key has the prefix
  bool linearizable = false;  ///< as that of kv_result
};
/// The parts of a key that show whether it has changed. Valid during the call only.
class key_header {
 public:
  std::string_view key;
  std::string_view session;
  std::uint64_t modify_index = 0;
};
/// Reads the keys of an answer. The parser shows it each key, in order, and decodes those that it
/// wants.
class kv_reader {
 public:
  virtual ~kv_reader() = default;
  virtual bool wants(const key_header& seen) = 0;
  virtual void take(kv_entry entry) = 0;
};
class txn_result : public answer_base {
 public:
  /// True: Consul executed all of it. False, without an error: none of it; `failures` says why.
  bool committed = false;
  /// Of a committed transaction, in order: the key of each lock, unlock, set and cas, without its
  /// value, and of each get, with its value. Checks and removals have no results.
  std::vector<kv_entry> results;
  std::vector<txn_error> failures;
};
class check_result : public answer_base {
 public:
  bool known = false;  ///< false: the agent has no such check
};
class ack : public answer_base {};

}  // namespace tenure::consul
