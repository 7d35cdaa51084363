// All that the library takes from the outside world, in one object that its user passes in.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <tenure/log.hpp>
#include <tenure/toolkit/timers.hpp>

#include "runtime/clock.hpp"
#include "runtime/random_source.hpp"
#include "runtime/transport.hpp"

namespace tenure {
class metrics_sink;
class outage_log;
}

namespace tenure::runtime {

/// Its parts are shared and live as long as their users. One thread may use them, except for the
/// clock and the log, which any thread may use.
class environment {
 public:
  boost::asio::any_io_executor executor;
  std::shared_ptr<const runtime::clock> clock;
  std::shared_ptr<runtime::timers> timers;
  std::shared_ptr<runtime::random_source> random;
  std::shared_ptr<runtime::transport> transport;
  std::shared_ptr<log_sink> log;
  std::shared_ptr<metrics_sink> metrics;  ///< null: none
  std::shared_ptr<outage_log> outages;    ///< set by each elections object for its parts
};

}  // namespace tenure::runtime
