// What the queries of a watch registry share, and where they deliver their answers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/error.hpp>
#include <utility>
#include <vector>

#include "consul/client.hpp"
#include "core/watching/range_plan.hpp"
#include "election/watching/poll_options.hpp"
#include "election/watching/poll_slots.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class range_query;

/// What a list of keys says that its watchers do not know yet.
struct list_news {
  std::vector<std::pair<std::string, consul::kv_result>> keys;
  std::size_t unwatched = 0;  ///< keys of the list that have no watcher
  std::vector<consul::kv_entry> own_holds;  ///< see hold_receiver
  /// Keys that are not in the list: all that existed before, and a few of the others.
  std::vector<std::string> missing;
  bool delayed = false;    ///< newer answers may have come since the list was read
  bool goes_back = false;  ///< a key has an older state than the last report of it

  /// Takes out what the list has; what it lacks stays here.
  list_news take_shown();
};

/// What a notice of a hand-over says of one key.
struct handed_news {
  std::string key;
  consul::kv_result answer;  ///< as if the key had been read
  std::uint64_t guard = 0;   ///< see key_watcher::on_notice(); 0: written again by others
};

/// Learns of keys that a session of ours holds and that no participant here watches.
class hold_receiver {
 public:
  hold_receiver() = default;
  hold_receiver(const hold_receiver&) = delete;
  hold_receiver& operator=(const hold_receiver&) = delete;

  virtual bool is_own(std::string_view session) const noexcept = 0;
  /// For each answer that shows such a key, until one that does not.
  virtual void on_unwatched_hold(const consul::kv_entry& seen) = 0;

 protected:
  ~hold_receiver() = default;
};

/// Receives the answers of all queries, on the engine's thread.
class query_sink {
 public:
  query_sink() = default;
  query_sink(const query_sink&) = delete;
  query_sink& operator=(const query_sink&) = delete;

  /// An answer about one key, without an error.
  virtual void on_key(const std::string& key, const consul::kv_result& answer) = 0;
  /// Reads a list of the keys in a range; puts an error into it if it cannot be read as one.
  virtual list_news read_list(const core::watch_range& range, consul::raw_kv_list& answer) = 0;
  /// Whether the answer would be reported, and is an older state than the last report of the key.
  virtual bool goes_back(const std::string& key, const consul::kv_result& answer) const = 0;
  /// What was read, without an error.
  virtual void on_list(const list_news& seen) = 0;
  /// How the keys in the range are read: stale only if all of their watchers accept that.
  virtual consul::consistency reads(const core::watch_range& range) const noexcept = 0;
  /// Whether a watcher of the key waits for an answer, news or not.
  virtual bool due(const std::string& key) const noexcept = 0;
  /// The keys of a query, or some keys, could not be read.
  virtual void on_error(const range_query& query, const error_code& why,
                        const std::string& detail) = 0;
  virtual void on_error(const std::vector<std::string>& keys, const error_code& why,
                        const std::string& detail) = 0;

 protected:
  ~query_sink() = default;
};

/// Counters for tests and the simulation.
struct watch_counts {
  std::uint64_t plans = 0;
  std::uint64_t changed_plans = 0;    ///< plans that ended or began a query
  std::uint64_t costly_prefixes = 0;  ///< prefixes that returned too many unwatched keys
  std::uint64_t empty_answers = 0;    ///< lists without any key
  std::uint64_t waits = 0;            ///< lists because there was no slot for a poll
  std::uint64_t kept = 0;  ///< polls by retired queries because their successors had no slot
};

/// Outlives the queries.
struct query_context {
  std::shared_ptr<const runtime::environment> env;
  consul::client& client;
  poll_slots& slots;
  poll_options polls;  ///< of all that must not be stale
  std::function<void(boost::asio::awaitable<void>)> spawn;
  query_sink& sink;
  watch_counts counts;
};

}  // namespace tenure::impl
