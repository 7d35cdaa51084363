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
#include "election/claim_queue.hpp"
#include "election/contender.hpp"
#include "election/key_watches.hpp"
#include "election/record.hpp"
#include "election/session_keeper.hpp"
#include "election/settings_bucket.hpp"
#include "runtime/condition.hpp"
#include "runtime/services.hpp"
#include "runtime/task_scope.hpp"

namespace tenure::impl {

/// Who holds the key of an answer.
leader leader_in(const std::string& key, const consul::kv_found& answer);
[[noreturn]] void fail(const error_code& why, const std::string& detail);

class engine : public std::enable_shared_from_this<engine> {
 public:
  engine(std::shared_ptr<const runtime::services> services, consul_config config,
         elections_options options);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  ~engine();

  // -- the user's side ---------------------------------------------------------------------------
  std::shared_ptr<record> enter(std::string key, candidacy how);
  boost::asio::awaitable<void> leave(std::shared_ptr<record> which);
  void leave_in_background(std::shared_ptr<record> which);
  boost::asio::awaitable<leader> leader_of(std::string key);
  boost::asio::awaitable<leader> depose(std::string key);
  boost::asio::awaitable<std::vector<leader>> leaders(std::string prefix);
  std::shared_ptr<observation> observe(std::string key);
  std::shared_ptr<settings_bucket> settings_in(std::string key);
  std::shared_ptr<contender> contend(std::string prefix, std::size_t slots, candidacy how);
  boost::asio::awaitable<event> next_event();
  boost::asio::awaitable<void> ping();
  boost::asio::awaitable<void> shut_down();
  void shut_down_in_background();

  // -- the records' side -------------------------------------------------------------------------
  const runtime::services& services() const noexcept { return *services_; }
  const std::shared_ptr<const runtime::services>& shared_services() const noexcept {
    return services_;
  }
  consul::client& client() noexcept { return client_; }
  claim_queue& claims() noexcept { return *claims_; }
  runtime::task_scope& tasks() noexcept { return tasks_; }
  bool stopping() const noexcept { return stopping_; }
  duration request_timeout() const noexcept { return client_.config().request_timeout; }
  /// The session of the pool that serves this candidacy; started if need be.
  std::shared_ptr<session_keeper> keeper_for(const candidacy& how);
  void note_event(const std::shared_ptr<record>& which);
  /// Tells `who` what is seen of the key, from now on until it is gone.
  void follow(const key_name& key, const std::shared_ptr<key_follower>& who) {
    watches_.follow(key, who);
  }
  const key_watches& watches() const noexcept { return watches_; }
  /// Tells `who` the span of the holder with that session, once it is known.
  void ask_span(const std::string& session, const std::shared_ptr<record>& who);

 private:
  class pool {
   public:
    std::vector<std::shared_ptr<session_keeper>> keepers;
    std::size_t next = 0;
  };
  class known_span {
   public:
    bool known = false;
    duration span{0};
    std::vector<std::weak_ptr<record>> askers;
  };

  std::shared_ptr<const stance> stance_of(candidacy how);
  void forget(record& which) noexcept;
  boost::asio::awaitable<void> find_span(std::string session);
  boost::asio::awaitable<void> stop_everything();
  boost::asio::awaitable<void> retire(std::shared_ptr<record> which);
  boost::asio::awaitable<void> leave_quietly(std::shared_ptr<record> which);
  boost::asio::awaitable<void> wait_idle(std::shared_ptr<record> which, time_point give_up);

  std::shared_ptr<const runtime::services> services_;
  elections_options options_;
  consul::client client_;
  poll_turns turns_;
  runtime::task_scope tasks_;
  std::shared_ptr<claim_queue> claims_;
  key_watches watches_;
  std::vector<std::shared_ptr<record>> records_;  // each knows its place
  std::vector<std::weak_ptr<const stance>> stances_;  // the latest
  std::map<session_kind, pool> pools_;
  std::map<std::string, known_span> spans_;
  std::vector<std::weak_ptr<observation>> observations_;
  std::vector<std::weak_ptr<settings_bucket>> settings_;
  std::vector<std::weak_ptr<contender>> contenders_;
  std::deque<std::shared_ptr<record>> events_;
  runtime::condition changed_;
  bool stopping_ = false;
  bool stopped_ = false;
};

/// What an observer follows.
class observation final : public key_follower {
 public:
  observation(std::shared_ptr<const runtime::services> services, std::string key);

  boost::asio::awaitable<leader> next(std::shared_ptr<observation> self);
  const error_code& last_error() const noexcept { return last_error_; }
  void stop();

  void key_seen(const consul::kv_found& answer) override;
  void key_unseen(const error_code& why, const std::string& detail) override;

 private:
  std::shared_ptr<const runtime::services> services_;
  std::string key_;
  runtime::condition changed_;
  std::optional<leader> newest_;
  bool unread_ = false;
  bool stopped_ = false;
  error_code last_error_;
};

}  // namespace tenure::impl
