// The sidecar's control socket: where is-leader, leader-set and leader-get ask, as HTTP with small
// JSON bodies over a unix socket that only its owner may use.
//
//   GET /v1/elections                              {"elections":["db",...]}
//   GET /v1/is-leader?election=db&guarantee_ms=30000   {"leader":true}
//   GET /v1/settings?election=db[&snapshot=17]      {"index":17,"values":{"k":"v"}}
//   PUT /v1/settings?election=db  {"k":"v","gone":""}  {}
//
// With one election its name may be left out. What went wrong is {"error":"..."}: 400 the request,
// 404 no such election or snapshot, 409 not the leader, 422 a guarantee that cannot be given, 503
// Consul.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <tenure/time.hpp>

#include "runtime/task_scope.hpp"
#include "sidecar/faces.hpp"
#include "wire/http_server.hpp"

namespace tenure::sidecar {

class control_config {
 public:
  std::string socket;
};

/// The block `control: {socket: PATH}`.
part_factory read_control(const YAML::Node& block, mistakes& into);

/// One election as the socket serves it. As a face it keeps the promises that were made: whoever
/// was told "yes, for 30 s more" has them, because the key is not let go before.
class governed final : public face {
 public:
  governed(standing_election& election, const election_terms& terms, duration guarantee,
           std::shared_ptr<runtime::timers> timers);

  /// Whether we lead for at least `ahead` more, proven now if need be. A promise.
  boost::asio::awaitable<bool> is_leader(duration ahead);
  /// Why a promise of `ahead` cannot be given, with the sum; empty where it can.
  std::string too_far(duration ahead) const;

  duration guarantee() const noexcept { return guarantee_; }
  standing_election& election() noexcept { return election_; }

  void changed(const status&) override {}
  boost::asio::awaitable<void> lead(term t) override;

 private:
  standing_election& election_;
  candidacy how_;
  duration guarantee_;
  std::shared_ptr<runtime::timers> timers_;
  time_point promised_until_ = time_point::min();
};

}  // namespace tenure::sidecar
