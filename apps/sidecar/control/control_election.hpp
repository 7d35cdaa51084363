// One election as the control socket serves it, with the guarantees it has given.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/time.hpp>
#include <tenure/toolkit/timers.hpp>

#include "sidecar/config/election_options.hpp"
#include "sidecar/main/output.hpp"

namespace tenure::sidecar {

/// As an output it keeps every guarantee: its lead() delays the release of the key until the last
/// one has ended, so an is-leader that answered "yes, for 30 s" stays true. Once the term is given
/// up it gives no guarantee beyond those, so the delay ends however often a client asks.
class control_election final : public output {
 public:
  control_election(entered_election& election, const election_options& options,
                   std::shared_ptr<runtime::timers> timers);

  /// Whether this process leads for at least `ahead` from now; proves it if necessary. true is a
  /// guarantee.
  boost::asio::awaitable<bool> is_leader(duration ahead);
  /// Why the election cannot guarantee `ahead`, with the calculation; empty where it can.
  std::string guarantee_error(duration ahead) const;

  duration default_ahead() const noexcept { return default_ahead_; }
  entered_election& election() noexcept { return election_; }

  void changed(const election_state&) override {}
  boost::asio::awaitable<void> lead(term t) override;
  std::string unfinished() const override;

 private:
  bool leads_for(const term& t, duration ahead) const;

  entered_election& election_;
  tenure::candidacy candidacy_;
  duration default_ahead_;
  std::shared_ptr<runtime::timers> timers_;
  time_point guaranteed_until_ = time_point::min();
};

}  // namespace tenure::sidecar
