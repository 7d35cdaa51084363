// What the outputs of a sidecar take from the outside world. Tests pass virtual time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <tenure/log.hpp>
#include <tenure/outage_log.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/timers.hpp>

#include "sidecar/main/counters.hpp"

namespace tenure::sidecar {

class output_environment {
 public:
  time_point now() const { return timers->now(); }

  boost::asio::any_io_executor executor;
  std::shared_ptr<runtime::timers> timers;
  std::shared_ptr<log_sink> log;
  std::shared_ptr<outage_log> outages;  ///< of the elections, too
  std::shared_ptr<counters> counted = std::make_shared<counters>();
};

}  // namespace tenure::sidecar
