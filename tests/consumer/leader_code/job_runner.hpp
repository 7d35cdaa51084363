// Runs jobs in one process at a time: a piece of leader code, as a user of tenure writes it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <tenure/elections.hpp>

/// Runs a job every second while it leads "jobs/leader", and writes the number of the last one to
/// "jobs/last" in a way that only the leader can.
class job_runner {
 public:
  job_runner(tenure::elections& elections, std::string name);

  /// Takes part until it is cancelled. The jobs stop before the key is released.
  boost::asio::awaitable<void> run();

  bool working() const { return working_; }
  int done() const { return done_; }        ///< jobs whose result was written
  int refused() const { return refused_; }  ///< writes that Consul refused
  tenure::time_point started_at() const { return started_at_; }
  tenure::time_point stopped_at() const { return stopped_at_; }

 private:
  boost::asio::awaitable<void> work(tenure::term term);
  boost::asio::awaitable<void> run_jobs(tenure::term term);

  tenure::elections& elections_;
  const std::string name_;
  bool working_ = false;
  int done_ = 0;
  int refused_ = 0;
  tenure::time_point started_at_{};
  tenure::time_point stopped_at_{};
};
