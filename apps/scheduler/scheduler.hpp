// A scheduler for many tenants, each with many shards of work. Every shard is worked by exactly one
// process of many. It shows how to embed thousands of elections in a program.
//
// There is one election for each shard. All of them live on one thread, that of the io_context, and
// share one stream of events. The work itself runs on a thread pool. Before each step it asks its
// term whether the lease still holds, which is an atomic load, and it passes the term's fence to
// the system that it writes to.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/metrics.hpp>
#include <utility>

#include "scheduler/ledger.hpp"

namespace scheduler {

struct settings {
  std::size_t tenants = 10;
  std::size_t shards_per_tenant = 20;
  std::size_t worker_threads = 4;
  std::string name;    ///< of this process; what it publishes as leader
  std::string prefix = "scheduler";  ///< of the keys in Consul
  std::string ledger_folder;
  tenure::duration pause = std::chrono::milliseconds(200);  ///< between two steps of a shard
  tenure::duration longest_step = std::chrono::milliseconds(100);
};

class scheduler {
 public:
  /// `metrics`: the sink of the options. Throws tenure::bad_configuration.
  scheduler(boost::asio::io_context& io, const tenure::consul_config& consul,
            const tenure::elections_options& options, const tenure::candidacy& profile,
            std::shared_ptr<const tenure::metrics_registry> metrics, settings s);

  /// Campaigns for every shard and works those that this process leads. Returns after stop(), when
  /// no shard is being worked and every key is released.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  struct shard {
    tenure::election election;
    tenure::term latest_term;  ///< the last one for which work_shard() was started
  };

  void enter_elections(const tenure::candidacy& profile);
  boost::asio::awaitable<void> follow_events();
  void on_event(const tenure::event& changed);
  boost::asio::awaitable<void> work_shard(tenure::term term);
  boost::asio::awaitable<void> run_step(tenure::term term);
  boost::asio::awaitable<void> shut_down_after_stop();
  boost::asio::awaitable<void> report_progress();
  void print_progress() const;

  boost::asio::io_context& io_;
  settings settings_;
  const std::shared_ptr<const tenure::metrics_registry> metrics_;
  ledger ledger_;
  boost::asio::thread_pool pool_;
  tenure::elections elections_;
  std::map<std::string, shard> shards_;      // by key
  boost::asio::steady_timer state_changed_;  // cancelled by stop() and when a work_shard() ends
  boost::asio::steady_timer report_timer_;
  bool stopping_ = false;
  std::size_t shards_worked_ = 0;
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<std::uint64_t> rejected_steps_{0};
};

}  // namespace scheduler
