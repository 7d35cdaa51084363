// Wakes the subscribers of changed elections in batches, so that ten thousand of them do not delay
// the other work of the thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <list>
#include <set>
#include <vector>

#include "sidecar/http/streams.hpp"

namespace tenure::sidecar {

class wake_queue {
 public:
  /// `feeds`: the open feeds; every batch wakes all of them first.
  wake_queue(boost::asio::any_io_executor executor, std::set<feed_stream*>& feeds)
      : executor_(std::move(executor)), feeds_(feeds) {}
  wake_queue(const wake_queue&) = delete;
  wake_queue& operator=(const wake_queue&) = delete;

  /// Adds the subscribers of an election that has changed.
  void add(const std::list<subscription>& subscribers);
  /// Starts waking, unless that is under way or there is nothing to wake. Must outlive it.
  void start();
  void wake_feeds();

 private:
  void wake_batch();

  boost::asio::any_io_executor executor_;
  std::set<feed_stream*>& feeds_;
  std::deque<std::vector<subscription>> queue_;  ///< one entry for each change
  bool running_ = false;
};

}  // namespace tenure::sidecar
