// ACL policies for Consul: the narrowest rules with which the operations of this library work.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tenure {

/// One rule of a policy: what a token may do with one resource, or with all whose names begin with
/// `name`.
struct acl_rule {
  std::string resource;  ///< "key", "key_prefix", "session_prefix", "service", ...
  std::string name;      ///< of the resource, or how its name begins; empty: of every resource
  std::string access;    ///< "read", "list" or "write"; each includes the ones before

  /// As Consul and its documentation name it: `key:write on "service/db/leader"`.
  std::string right() const;
  /// As a line of a policy: `key "service/db/leader" { policy = "write" }`.
  std::string hcl() const;

  friend bool operator==(const acl_rule&, const acl_rule&) = default;  ///< equal in all three
};

/// The policy of one token. Set by chained calls, one for each use; a rule is there once, whatever
/// needs it. Plain values.
class acl_policy {
 public:
  /// Sessions of the agent at `node`; empty: of every node. Elections and semaphores need them.
  acl_policy& sessions(const std::string& node = std::string());
  /// Stands in an election. A key that ends with a slash means all elections below it.
  acl_policy& election(const std::string& key);
  /// Contends for the slots of a semaphore.
  acl_policy& semaphore(const std::string& prefix);
  /// A member of a group: its key, those of the other members, and the notices of hand-overs. Its
  /// elections need election().
  acl_policy& group_member(const std::string& prefix);
  /// Reads a group: group_of().
  acl_policy& read_group(const std::string& prefix);
  /// Operates a group: drain(), undrain(), pin(), unpin().
  acl_policy& operate_group(const std::string& prefix);
  /// Reads who leads: leader_of(), observe().
  acl_policy& observe(const std::string& key);
  /// Lists the leaders of the elections below a prefix: leaders().
  acl_policy& leaders(const std::string& prefix);
  /// Reads settings.
  acl_policy& read_settings(const std::string& key);
  /// Reads and writes settings.
  acl_policy& settings(const std::string& key);
  /// Reads and writes the keys below a prefix, by kv or by term::write().
  acl_policy& keys_below(const std::string& prefix, std::string why);
  /// elections_options::liveness() with this name.
  acl_policy& liveness(const std::string& name);
  /// Registers a service, as agent_services does.
  acl_policy& service(const std::string& name);

  /// The rules that the uses so far need, each once.
  [[nodiscard]] std::vector<acl_rule> rules() const;
  /// The whole policy with a comment for each rule, for `consul acl policy create -rules`.
  [[nodiscard]] std::string hcl() const;

 private:
  struct entry {
    acl_rule rule;
    std::string why;
  };
  acl_policy& add(acl_rule rule, std::string why);
  std::string list_rules() const;

  std::vector<entry> entries_;
};

}  // namespace tenure
