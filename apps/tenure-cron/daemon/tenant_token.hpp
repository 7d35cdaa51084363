// As whom a tenant asks Consul.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tenure/consul_access.hpp>
#include <tenure/log.hpp>
#include <tenure/token_source.hpp>
#include <utility>

namespace tenure::cron {

/// The token of a tenant: that of the file which its jobs file names, or that of the process. A new
/// jobs file may name another one, and the terms go on.
class tenant_token final : public token_source {
 public:
  /// `process`: whose token a tenant without a file has. `log` gets the failures of the file.
  tenant_token(const consul_access& process, std::shared_ptr<log_sink> log)
      : process_(process), log_(std::move(log)), now_(process) {}

  /// From now on requests have the token in this file, which is followed as by token_from_file(),
  /// or that of the process. Throws bad_configuration if the file has none, and changes nothing.
  void use(const std::optional<std::string>& file);

  std::string token() override { return now_.token(); }
  bool refused(const std::string& token, token_refusal why) override {
    return now_.source() && now_.source()->refused(token, why);
  }

 private:
  const consul_access process_;
  const std::shared_ptr<log_sink> log_;
  consul_access now_;
  std::optional<std::string> file_;
};

}  // namespace tenure::cron
