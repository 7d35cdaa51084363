// What the HTTP server shows of a replica. An interface: the replica implements it.
#pragma once

#include <cstddef>
#include <string>
#include <tenure/kv.hpp>
#include <vector>

#include "tenure-cron/jobs_file/jobs_file.hpp"

namespace tenure::cron {

/// One tenant as it is now.
class tenant_view {
 public:
  tenant_view(const jobs_file& f, kv k) : file(f), store(std::move(k)) {}

  std::string name;  ///< empty for an only file
  const jobs_file& file;
  kv store;
  std::size_t lanes = 0;    ///< elections in which the replica takes part
  std::size_t led = 0;      ///< of those, the ones that it leads
  std::size_t running = 0;  ///< runs of its jobs on this replica
  std::vector<std::string> differing;  ///< replicas with another file under the same key
};

class replica_view {
 public:
  virtual ~replica_view() = default;
  /// Valid until the next turn of the loop.
  virtual std::vector<tenant_view> tenants() const = 0;
  /// Who this replica is, for people.
  virtual std::string host() const = 0;
};

}  // namespace tenure::cron
