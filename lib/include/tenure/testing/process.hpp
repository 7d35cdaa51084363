// A process of a test's world, and what can happen to it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <tenure/elections.hpp>
#include <tenure/testing/task.hpp>
#include <utility>

namespace tenure::testing {

class world_state;

/// One process, from world::add_process(): a thread with its executor, connections to the agent,
/// and a tenure::elections object. The world owns it.
///
/// A fault lasts until it is taken back, and the world takes all of them back at its end. Faults
/// take effect for requests and answers from now on, not for what has arrived.
class process {
 public:
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process();

  /// What the code under test is given. Valid until the world is destroyed, which shuts it down.
  tenure::elections& elections() noexcept;
  /// The thread of this process: for a co_spawn of your own.
  boost::asio::any_io_executor get_executor() const;

  /// Starts a coroutine on the thread of this process. It runs whenever the world runs. Keep the
  /// task: destroying it ends the coroutine.
  template <class T>
  task<T> spawn(boost::asio::awaitable<T> coroutine) {
    return task<T>::begin(std::move(coroutine), [this](boost::asio::awaitable<void> started) {
      return start(std::move(started));
    });
  }
  /// Runs a coroutine on the thread of this process to its end: spawn() and task::get().
  template <class T>
  T run(boost::asio::awaitable<T> coroutine) {
    task<T> started = spawn(std::move(coroutine));
    return started.get();
  }

  /// A partition: every request and every answer is lost without a sign. The session goes on until
  /// its TTL is over, and the process leads until its lease ends.
  void cut_off();
  /// A partition in one direction: Consul carries requests out, and every answer is lost.
  void lose_answers();
  /// The answers to blocking queries are lost: the process does not see what changes in Consul,
  /// and learns it from a proof or a write that fails.
  void lose_watch_answers();
  /// Ends these three. Connections on which something was lost are reset, so that their requests
  /// fail and are tried again.
  void reconnect();

  /// The answer to the next write of values, by term::write(), leader_settings or a semaphore, is
  /// lost: Consul carries the write out, then the connection is reset.
  void lose_next_write_answer();
  /// A token without `key:write`: Consul answers 403 to everything that changes a key, claims and
  /// releases included. Sessions and reads go on. (A write of a leader that has been deposed is
  /// refused without any fault: world::depose().)
  void refuse_writes();
  void allow_writes();  ///< takes refuse_writes() back

  /// The process gets no processor, as after SIGSTOP or in a long pause of its machine. Nothing of
  /// it runs; its time goes on, and answers wait for it.
  void pause();
  void resume();  ///< takes pause() back: the process goes on with what has become due
  /// The process is gone: pause() without an end, and nothing that it sends any more arrives. Its
  /// session stays until the TTL is over. Its coroutines end with their tasks or with the world;
  /// nothing of that reaches Consul.
  void crash();

 private:
  friend class world_state;
  class state;
  explicit process(std::unique_ptr<state> all) noexcept;
  std::shared_ptr<task_state> start(boost::asio::awaitable<void> coroutine);
  std::unique_ptr<state> state_;
};

}  // namespace tenure::testing
