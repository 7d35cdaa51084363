// One warning for each right that the token lacks, however often requests are repeated, and a line
// when it has the right again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tenure/acl_policy.hpp>
#include <tenure/time.hpp>
#include <vector>

#include "runtime/environment.hpp"

namespace tenure::consul {

class refusal_log {
 public:
  explicit refusal_log(std::shared_ptr<const runtime::environment> env) : env_(std::move(env)) {}

  /// Nothing is refused at present: no need to report what is allowed.
  bool quiet() const noexcept { return open_.empty(); }
  /// Consul refused a request that needs `rule`; nothing: it refused the token as such.
  void refused(const std::optional<acl_rule>& rule, const std::string& detail);
  /// Consul carried out a request that needs `rule` and was sent then: a blocking query that was
  /// sent before a refusal shows nothing.
  void allowed(const acl_rule& rule, time_point sent_at);
  /// Consul knew the token of a request that was sent then.
  void known(time_point sent_at);

 private:
  struct outage {
    std::optional<acl_rule> rule;
    time_point last;  ///< when it was refused last
  };
  std::shared_ptr<const runtime::environment> env_;
  std::vector<outage> open_;
};

}  // namespace tenure::consul
