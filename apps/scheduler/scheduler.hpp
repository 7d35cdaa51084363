// A scheduler of many tenants, each with many shards: every shard is worked by exactly one process
// of many. It shows how to embed thousands of elections in a program.
//
// One election a shard, all of them on the one thread of the io_context, with one stream of events.
// The work runs on a thread pool; it asks its term whether it may go on, which is an atomic load,
// and hands the term's fence to whatever it writes to.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <tenure/elections.hpp>

#include "scheduler/ledger.hpp"

namespace scheduler {

class settings {
 public:
  std::size_t tenants = 10;
  std::size_t shards = 20;  ///< of each tenant
  std::size_t workers = 4;  ///< threads
  std::string name;         ///< of this process
  std::string prefix = "scheduler";
  std::string folder;       ///< of the ledger
  tenure::duration pause = std::chrono::milliseconds(200);    ///< between two steps of a shard
  tenure::duration longest_step = std::chrono::milliseconds(100);
};

class scheduler {
 public:
  scheduler(boost::asio::io_context& io, const tenure::consul_config& consul,
            const tenure::elections_options& options, const tenure::candidacy& how, settings s);

  /// Stands for every shard, works those that it wins, and returns when stop() was called, no
  /// worker is left and every key is released.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  class shard {
   public:
    explicit shard(tenure::election e) : election(std::move(e)) {}
    tenure::election election;
    tenure::term served;  ///< the last term that a worker was started for
  };

  void enter_all(const tenure::candidacy& how);
  boost::asio::awaitable<void> follow_events();
  void on_event(const tenure::event& what);
  boost::asio::awaitable<void> work(tenure::term term);
  boost::asio::awaitable<void> one_step(tenure::term term);
  boost::asio::awaitable<void> end_in_order();
  boost::asio::awaitable<void> report();

  boost::asio::io_context& io_;
  settings settings_;
  ledger ledger_;
  boost::asio::thread_pool pool_;
  tenure::elections elections_;
  std::map<std::string, shard> shards_;
  boost::asio::steady_timer changed_;  ///< cancelled when a worker ended, or stop() was called
  boost::asio::steady_timer second_;   ///< until the next line of the report
  bool stopping_ = false;
  std::size_t working_ = 0;
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace scheduler
