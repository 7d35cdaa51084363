// A scheduler for many tenants, each with many shards of work. Every shard is worked by exactly one
// process of many. It shows how to embed thousands of elections in a program.
//
// There is one election for each shard. All of them live on one thread, that of the io_context, and
// share one stream of events. The work itself runs on a thread pool. Before each step it asks its
// term whether the lease still holds, which is an atomic load, and it passes the term's fence to
// the system that it writes to.
//
// With a group the processes share the shards by their weights. When another process shall lead a
// shard, its work ends between two steps, and the shard is handed over.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/metrics.hpp>
#include <utility>
#include <vector>

#include "common/group_options.hpp"
#include "scheduler/ledger.hpp"

namespace scheduler {

struct settings {
  std::size_t tenants = 10;  ///< that are entered at the start: 1, 2, ...
  std::size_t shards_per_tenant = 20;
  std::size_t worker_threads = 4;
  std::string name;    ///< of this process; what it publishes as leader
  std::string prefix = "scheduler";  ///< of the keys in Consul
  std::string ledger_folder;
  tenure::duration pause = std::chrono::milliseconds(200);  ///< between two steps of a shard
  tenure::duration longest_step = std::chrono::milliseconds(100);
  std::optional<tenure::apps::group_membership> group;
  bool read_commands = false;  ///< on standard input
};

class scheduler {
 public:
  /// `metrics`: the sink of the options. Throws tenure::bad_configuration.
  scheduler(boost::asio::io_context& io, const tenure::consul_config& consul,
            const tenure::elections_options& options, const tenure::candidacy& profile,
            std::shared_ptr<const tenure::metrics_registry> metrics, settings s);

  /// Stands for every shard and works those that this process leads. Returns after stop(), when no
  /// shard is being worked and every key is released or handed over.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  struct shard {
    shard(tenure::election e, boost::asio::io_context& io) : election(std::move(e)), pause(io) {}
    tenure::election election;
    tenure::term latest_term;  ///< the last one for which work_shard() was started
    boost::asio::steady_timer pause;  ///< between two steps
    bool worked = false;              ///< work_shard() runs
    bool leaves = false;
  };
  using shard_ptr = std::shared_ptr<shard>;

  void enter_tenant(std::size_t tenant);
  tenure::election enter(const std::string& key);
  boost::asio::awaitable<void> leave_tenant(std::size_t tenant);
  boost::asio::awaitable<void> leave_shard(std::string key, shard_ptr which);
  boost::asio::awaitable<void> read_commands();
  void execute(const std::string& line);
  boost::asio::awaitable<void> follow_events();
  void on_event(const tenure::event& changed);
  boost::asio::awaitable<void> work_shard(shard_ptr which, tenure::term term);
  boost::asio::awaitable<void> run_step(tenure::term term);
  boost::asio::awaitable<void> hand_over_all();
  boost::asio::awaitable<void> shut_down_after_stop();
  boost::asio::awaitable<void> report_progress();
  void print_progress() const;

  boost::asio::io_context& io_;
  settings settings_;
  const tenure::candidacy profile_;
  const std::shared_ptr<const tenure::metrics_registry> metrics_;
  ledger ledger_;
  boost::asio::thread_pool pool_;
  tenure::elections elections_;
  std::optional<tenure::group> group_;
  std::map<std::string, shard_ptr> shards_;                   // by key
  std::map<std::size_t, std::vector<std::string>> tenants_;  // the keys of each
  boost::asio::posix::stream_descriptor commands_;
  boost::asio::steady_timer state_changed_;  // cancelled by stop() and when a work_shard() ends
  boost::asio::steady_timer report_timer_;
  bool stopping_ = false;
  std::size_t shards_worked_ = 0;
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<std::uint64_t> rejected_steps_{0};
};

}  // namespace scheduler
