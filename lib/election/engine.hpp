// All elections of a process: the records, the session pool, the watches, and how it ends.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tenure/elections.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/acquisition/lock_queue.hpp"
#include "election/errors.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "election/watching/watch_registry.hpp"
#include "election/participant/participant.hpp"
#include "election/sessions/consul_session.hpp"
#include "election/settings/leader_settings_store.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"
#include "runtime/task_scope.hpp"

namespace tenure::impl {

class leader_observer;

class engine : public std::enable_shared_from_this<engine> {
 public:
  engine(std::shared_ptr<const runtime::environment> env, consul_config config,
         elections_options options);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  ~engine();

  // -- the user's side ---------------------------------------------------------------------------
  std::shared_ptr<participant> enter(std::string key, candidacy how);
  boost::asio::awaitable<void> leave(std::shared_ptr<participant> which);
  void leave_in_background(std::shared_ptr<participant> which);
  boost::asio::awaitable<leader> leader_of(std::string key);
  boost::asio::awaitable<leader> depose(std::string key);
  boost::asio::awaitable<std::vector<leader>> leaders(std::string prefix);
  std::shared_ptr<leader_observer> observe(std::string key);
  std::shared_ptr<leader_settings_store> settings_in(std::string key);
  std::shared_ptr<slot_candidate> contend(std::string prefix, std::size_t slots, candidacy how);
  boost::asio::awaitable<event> next_event();
  boost::asio::awaitable<void> ping();
  boost::asio::awaitable<void> shut_down();
  void shut_down_in_background();

  // -- the records' side -------------------------------------------------------------------------
  const runtime::environment& env() const noexcept { return *env_; }
  const std::shared_ptr<const runtime::environment>& shared_env() const noexcept {
    return env_;
  }
  consul::client& client() noexcept { return client_; }
  lock_queue& locks() noexcept { return *lock_queue_; }
  runtime::task_scope& tasks() noexcept { return tasks_; }
  bool stopping() const noexcept { return stopping_; }
  duration request_timeout() const noexcept { return client_.config().request_timeout; }
  /// The session of the pool that serves this candidacy; started if need be.
  std::shared_ptr<consul_session> session_for(const candidacy& how);
  void note_event(const std::shared_ptr<participant>& which);
  /// Tells `who` what is seen of the key, from now on until it is gone.
  void watch(const key_name& key, const std::shared_ptr<key_watcher>& who) {
    watches_.watch(key, who);
  }
  const watch_registry& watches() const noexcept { return watches_; }
  /// Tells `who` the span of the holder with that session, once it is known.
  void ask_span(const std::string& session, const std::shared_ptr<participant>& who);

 private:
  class pool {
   public:
    std::vector<std::shared_ptr<consul_session>> sessions;
    std::size_t next = 0;
  };
  class known_span {
   public:
    bool known = false;
    duration span{0};
    std::vector<std::weak_ptr<participant>> askers;
  };

  std::shared_ptr<const profile> profile_of(candidacy how);
  void forget(participant& which) noexcept;
  boost::asio::awaitable<void> find_span(std::string session);
  boost::asio::awaitable<void> stop_everything();
  boost::asio::awaitable<void> retire(std::shared_ptr<participant> which);
  boost::asio::awaitable<void> leave_quietly(std::shared_ptr<participant> which);
  boost::asio::awaitable<void> wait_idle(std::shared_ptr<participant> which, time_point give_up);

  std::shared_ptr<const runtime::environment> env_;
  elections_options options_;
  consul::client client_;
  poll_slots poll_slots_;
  runtime::task_scope tasks_;
  std::shared_ptr<lock_queue> lock_queue_;
  watch_registry watches_;
  std::vector<std::shared_ptr<participant>> participants_;  // each knows its place
  std::vector<std::weak_ptr<const profile>> profiles_;  // the latest
  std::map<session_kind, pool> pools_;
  std::map<std::string, known_span> spans_;
  std::vector<std::weak_ptr<leader_observer>> observations_;
  std::vector<std::weak_ptr<leader_settings_store>> settings_;
  std::vector<std::weak_ptr<slot_candidate>> contenders_;
  std::deque<std::shared_ptr<participant>> events_;
  runtime::async_condition changed_;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::impl
