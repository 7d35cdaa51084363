// The world of a test: Consul, processes, and virtual time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/elections.hpp>
#include <tenure/elections_options.hpp>
#include <tenure/testing/process.hpp>
#include <tenure/testing/task.hpp>
#include <tenure/time.hpp>
#include <utility>

namespace tenure::testing {

/// A key as Consul has it. Plain values.
class stored_key {
 public:
  std::string value;               ///< what the holder published, or an operator wrote
  std::string session;             ///< of the holder; empty: not held
  std::uint64_t flags = 0;         ///< of Consul's guide: which program locks the key
  std::uint64_t modify_index = 0;  ///< of the last write

  bool held() const noexcept { return !session.empty(); }  ///< whether a session locks it
};

/// Declare it before what uses its processes. One thread; several worlds are independent.
///
/// The members that run coroutines throw std::logic_error if a coroutine of the world calls them,
/// and if coroutines run without end at one instant. What acts on Consul may be called anywhere.
class world {
 public:
  /// The seed decides all that is random: the same seed, the same run.
  explicit world(std::uint64_t seed = 1);
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  /// Takes all faults back, cancels the coroutines of spawn() and runs until they have ended, and
  /// shuts the processes down: a test need not. A coroutine that ignores its cancellation is
  /// reported on standard error.
  ~world();

  /// A process that takes part in elections. The world records its log lines, see log(); they also
  /// go to the sink of the options.
  process& add_process(elections_options options = elections_options(),
                       consul_config config = consul_config());

  // -- time ---------------------------------------------------------------------------------------

  /// The same as elections::now() in each process.
  time_point now() const noexcept;
  /// Runs all that can run now, without letting time pass.
  void run_until_idle();
  void run_for(duration d);  ///< lets `d` of virtual time pass, and runs all that becomes due
  /// Runs until `done` returns true, and returns true; false if `patience` of virtual time has
  /// passed, or nothing can happen any more. `done` is called whenever time has passed.
  [[nodiscard]] bool run_until(const std::function<bool()>& done,
                               duration patience = std::chrono::hours(1));

  /// Starts a coroutine of the test itself, on a thread that no fault touches.
  template <class T>
  task<T> spawn(boost::asio::awaitable<T> coroutine) {
    return task<T>::begin(std::move(coroutine), [this](boost::asio::awaitable<void> started) {
      return start(std::move(started));
    });
  }
  /// Runs a coroutine of the test to its end: spawn() and task::get().
  template <class T>
  T run(boost::asio::awaitable<T> coroutine) {
    task<T> started = spawn(std::move(coroutine));
    return started.get();
  }
  /// The test's own thread.
  boost::asio::any_io_executor get_executor() const;

  // -- Consul, as an operator sees it -------------------------------------------------------------
  // These act at once; processes notice when the world runs next.

  /// The key as it is; nothing if there is no such key.
  std::optional<stored_key> find(const std::string& key) const;
  /// Writes the key, made anew if need be; a lock on it stays.
  void put(const std::string& key, const std::string& value);
  void remove(const std::string& key);  ///< removes the key, held or not. No such key is no error
  /// Releases the key on its holder's behalf, as elections::depose() does: the value stays. Throws
  /// std::invalid_argument if nothing holds the key.
  void depose(const std::string& key);

  /// Ends a session (term::session(), election::session()) as Consul does when its TTL is over: its
  /// keys are released or removed, and their lock-delay begins. Throws std::invalid_argument if
  /// there is no such session.
  void expire_session(const std::string& session);
  /// Ends the session that holds the key, and returns its id. Throws std::invalid_argument if
  /// nothing holds the key.
  std::string expire_holder(const std::string& key);

  /// The agent that the processes ask is down: connections are reset, and new ones refused. Keys
  /// and sessions live on, as those of Consul's servers do, and sessions expire.
  void stop_agent();
  void start_agent();  ///< takes stop_agent() back
  /// Restarts Consul with nothing in it, as `consul agent -dev` does: keys and sessions are gone.
  void restart_empty();

  // -- what happened ------------------------------------------------------------------------------

  /// The log lines of all processes at level info and above, and the coroutines that ended with an
  /// exception, each with its time and process: "12.500s p1 info: term began election=jobs/leader".
  std::string log() const;

 private:
  std::shared_ptr<task_state> start(boost::asio::awaitable<void> coroutine);
  std::shared_ptr<world_state> state_;
};

}  // namespace tenure::testing
