// What the terms of one lane share. A lane is one election, and the jobs that its leader runs.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <tenure/toolkit/timers.hpp>
#include <utility>
#include <vector>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/ledger/ledger_keys.hpp"
#include "tenure-cron/ledger/ledger_store.hpp"
#include "tenure-cron/running/admission.hpp"
#include "tenure-cron/running/job_runner.hpp"
#include "tenure-cron/schedule/wall_clock.hpp"
#include "tenure-cron/term/run_observer.hpp"

namespace tenure::cron {

/// 80 random bits as hexadecimal digits.
std::string random_run_id();

/// Must outlive the terms of the lane, and what it refers to must outlive it. The lanes of one
/// tenant share all of it but `jobs`.
class lane_context {
 public:
  lane_context(boost::asio::any_io_executor e, runtime::timers& t, wall_clock& c,
               ledger_store& s, job_runner& r, admission& a, std::shared_ptr<log_sink> l,
               ledger_keys k, std::string h)
      : executor(std::move(e)), timers(t), clock(c), store(s), runner(r), admitted(a),
        log(std::move(l)), keys(std::move(k)), host(std::move(h)) {}

  boost::asio::any_io_executor executor;
  runtime::timers& timers;  ///< of the boot clock, as the elections have it
  wall_clock& clock;
  ledger_store& store;
  job_runner& runner;
  admission& admitted;
  std::shared_ptr<log_sink> log;
  ledger_keys keys;
  std::string host;                  ///< this replica, as records name it
  std::vector<job_ptr> jobs;         ///< those of the lane
  run_observer* observer = nullptr;  ///< may be missing
  /// Makes run ids: unique in the fleet.
  std::function<std::string()> make_run_id = random_run_id;
};

}  // namespace tenure::cron
