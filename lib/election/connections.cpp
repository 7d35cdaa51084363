#include "election/connections.hpp"

#include <utility>

#include "wire/http_client.hpp"

namespace tenure::impl {
namespace {

// A fifth of the request connections stays free for what does not come in bulk.
std::size_t bulk_share(std::size_t requests) noexcept { return requests * 4 / 5; }

// One more than the lane has connections. Renewals share the lane, and so wait behind few proofs.
// The requests of all proofs that are due, made at once, would take as much memory as a third of
// the elections.
std::size_t proofs_at_a_time(std::size_t renewals) noexcept { return renewals + 1; }

}  // namespace

connections::connections(std::shared_ptr<const runtime::environment> environment,
                         consul_config its_config)
    : env(std::move(environment)),
      config(std::move(its_config)),
      polls(wire::lane_limits::divide(config.connections()).polls),
      lock_batches(bulk_share(wire::lane_limits::divide(config.connections()).requests)),
      proof_batches(proofs_at_a_time(wire::lane_limits::divide(config.connections()).renewals)),
      writes(std::make_shared<request_turns>(
          *env->timers, wire::lane_limits::divide(config.connections()).requests)),
      reads(std::make_shared<request_turns>(
          *env->timers, bulk_share(wire::lane_limits::divide(config.connections()).requests))) {}

}  // namespace tenure::impl
