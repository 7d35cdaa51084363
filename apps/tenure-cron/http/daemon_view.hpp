// A replica as the HTTP server sees it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tenure-cron/daemon/replica.hpp"
#include "tenure-cron/http/replica_view.hpp"

namespace tenure::cron {

class daemon_view final : public replica_view {
 public:
  /// `shown` must outlive it.
  daemon_view(const replica& shown, std::string host) : replica_(shown), host_(std::move(host)) {}

  std::vector<tenant_view> tenants() const override;
  std::string host() const override { return host_; }

 private:
  const replica& replica_;
  const std::string host_;
};

}  // namespace tenure::cron
