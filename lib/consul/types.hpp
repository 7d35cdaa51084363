// What Consul says and is told, typed.
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
  std::string value;    ///< decoded; empty where Consul has null
  std::string session;  ///< of the holder; empty where nobody holds the lock
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
  /// Node checks to bind; nothing leaves Consul's default (serfHealth), an empty list binds none.
  std::optional<std::vector<std::string>> node_checks;
  /// Checks of services to bind, by their ids. Consul knows them from 1.7 on.
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
  duration deregister_after{0};  ///< how long it may be critical; Consul takes a minute at least
};

class session_entry {
 public:
  std::string id;
  std::string name;
  std::string node;
  duration lock_delay{0};
  consul::behavior behavior = consul::behavior::release;
  std::string ttl;  ///< as written, such as "15s"
  std::vector<std::string> service_checks;  ///< the ids of those to which it is bound
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};

/// default_: whatever the agent's servers answer; consistent: linearizable; stale: any server.
enum class consistency { default_, consistent, stale };

/// One operation of a transaction. Made by the named functions.
class txn_op {
 public:
  static txn_op check_index(std::string key, std::uint64_t index);
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

/// Common to every answer. With an error the rest is empty (but for the failures of a transaction
/// that a token does not allow), and `detail` is one line for a log or
/// a terminal: what was asked, of whom, and what came back.
class answer_base {
 public:
  error_code error;
  std::string detail;
  time_point sent_at{};      ///< when the request went out (no earlier): leases count from here
  time_point received_at{};  ///< when the answer was complete
  std::uint64_t index = 0;   ///< X-Consul-Index, 0 where there is none
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
  std::optional<kv_entry> entry;  ///< nothing: there is no such key
};
class kv_list : public answer_base {
 public:
  std::vector<kv_entry> entries;
};
/// A list as it came, to be walked through by client::read.
class raw_kv_list : public answer_base {
 public:
  std::string body;  ///< empty: there is no such key
};
/// One key of an answer, as far as it is needed to see whether it is news. Gone with the call.
class key_header {
 public:
  std::string_view key;
  std::string_view session;
  std::uint64_t modify_index = 0;
};
/// Walks through the keys of an answer: told of every one, in order, and handed those that it asks
/// for.
class kv_reader {
 public:
  virtual ~kv_reader() = default;
  virtual bool wants(const key_header& seen) = 0;
  virtual void take(kv_entry entry) = 0;
};
class kv_written : public answer_base {
 public:
  bool done = false;  ///< Consul's true or false
};
class txn_result : public answer_base {
 public:
  /// True: all of it happened. False, without an error: nothing of it happened, see `failures`.
  bool committed = false;
  /// Of a committed transaction: the key of each lock, unlock, set and cas, without its value, and
  /// of each get, with it, in order. Of checks and removals there is nothing to tell.
  std::vector<kv_entry> results;
  std::vector<txn_error> failures;
};
class check_result : public answer_base {
 public:
  bool known = false;  ///< false: the agent has no such check
};
class ack : public answer_base {};

}  // namespace tenure::consul
