#include "election/engine.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "wire/http_client.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Spans of holders that are remembered; more than that many holders at once are asked again.
constexpr std::size_t most_spans = 4096;

std::function<void(std::exception_ptr)> report_to(std::shared_ptr<log_sink> log) {
  return [log = std::move(log)](std::exception_ptr thrown) {
    try {
      std::rethrow_exception(std::move(thrown));
    } catch (const std::exception& e) {
      log->log(log_level::error, "a task failed", {{"what", e.what()}});
    } catch (...) {
      log->log(log_level::error, "a task failed");
    }
  };
}

}  // namespace

void fail(const error_code& why, const std::string& detail) {
  throw boost::system::system_error(why, detail);
}

leader leader_in(const std::string& key, const consul::kv_found& answer) {
  leader who;
  who.key = key;
  if (answer.entry && !answer.entry->session.empty()) {
    who.session = answer.entry->session;
    who.value = answer.entry->value;
    who.fence = answer.entry->modify_index;
  }
  return who;
}

engine::engine(std::shared_ptr<const runtime::services> services, consul_config config,
               elections_options options)
    : services_(std::move(services)),
      options_(std::move(options)),
      client_(services_, std::move(config)),
      turns_(wire::lane_limits::divide(client_.config().connections).polls, options_.wait,
             *services_->timers),
      tasks_(services_->executor, *services_->timers, report_to(services_->log)),
      changed_(services_->executor, *services_->timers) {
  if (options_.sessions == 0) throw bad_configuration("0 sessions cannot hold a key: use 1 or more");
  if (options_.wait < 1s || options_.wait > 60s) {
    throw bad_configuration("a wait of " + std::to_string(options_.wait / 1ms) +
                            " ms is out of range: use 1 s to 60 s");
  }
}

// -- entering and leaving ------------------------------------------------------------------------

std::shared_ptr<record> engine::enter(std::string key, candidacy how) {
  if (stopping_) throw boost::system::system_error(errc::shut_down);
  if (key.empty()) throw bad_configuration("an election needs a key: give one, such as a/leader");
  if (key.front() == '/') {
    throw bad_configuration("the key \"" + key + "\" starts with a slash: leave it out");
  }
  how.check();
  if (records_.contains(key)) {
    throw boost::system::system_error(errc::already_entered, "\"" + key + "\"");
  }
  auto r = std::make_shared<record>(shared_from_this(), key, std::move(how));
  records_.emplace(key, r);
  follow(key, r);
  return r;
}

asio::awaitable<void> engine::wait_idle(std::shared_ptr<record> which, time_point give_up) {
  bool in_time = true;
  while (in_time && !which->settled()) {
    const time_point until = std::max(give_up, which->lease_end());
    co_await which->changed().wait(until);
    in_time = services_->timers->now() < std::max(give_up, which->lease_end());
  }
}

asio::awaitable<void> engine::leave_quietly(std::shared_ptr<record> which) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const auto self = shared_from_this();
  which->stop(end_reason::resigned);
  co_await wait_idle(which, services_->timers->now() + request_timeout());
  const auto entered = records_.find(which->key());
  if (entered != records_.end() && entered->second == which) records_.erase(entered);
  for (auto& [kind, p] : pools_) {
    for (const auto& keeper : p.keepers) keeper->detach(which.get());
  }
}

asio::awaitable<void> engine::leave(std::shared_ptr<record> which) {
  auto leaving = leave_quietly(std::move(which));
  co_await asio::co_spawn(services_->executor, std::move(leaving), asio::use_awaitable);
}

void engine::leave_in_background(std::shared_ptr<record> which) {
  if (stopping_) return;
  asio::co_spawn(services_->executor, leave_quietly(std::move(which)), asio::detached);
}

// -- what the records share ----------------------------------------------------------------------

std::shared_ptr<session_keeper> engine::keeper_for(const candidacy& how) {
  pool& p = pools_[session_kind(how)];
  if (p.keepers.size() < options_.sessions) {
    auto keeper = std::make_shared<session_keeper>(services_, client_, tasks_, session_kind(how),
                                                   options_.name);
    p.keepers.push_back(keeper);
    tasks_.spawn(keeper->keep());
    tasks_.spawn(keeper->prove());
    return keeper;
  }
  return p.keepers[p.next++ % p.keepers.size()];
}

void engine::follow(const std::string& key, const std::shared_ptr<key_follower>& who) {
  auto& w = watches_[key];
  if (w) {
    w->follow(who);
    return;
  }
  w = std::make_shared<key_watch>(services_, client_, turns_, key);
  w->follow(who);
  tasks_.spawn(watch(w));
}

asio::awaitable<void> engine::watch(std::shared_ptr<key_watch> which) {
  const auto self = shared_from_this();
  co_await which->run();
  watches_.erase(which->key());
}

void engine::ask_span(const std::string& session, const std::shared_ptr<record>& who) {
  if (spans_.size() > most_spans) {
    std::erase_if(spans_, [](const auto& s) { return s.second.known; });
  }
  auto [found, fresh] = spans_.try_emplace(session);
  if (found->second.known) {
    who->holders_span(session, found->second.span);
    return;
  }
  found->second.askers.push_back(who);
  if (fresh) tasks_.spawn(find_span(session));
}

asio::awaitable<void> engine::find_span(std::string session) {
  const auto self = shared_from_this();
  const consul::session_found answer =
      co_await client_.session_info(session, consul::consistency::default_);
  const auto found = spans_.find(session);
  if (found == spans_.end()) co_return;
  const auto askers = std::move(found->second.askers);
  if (answer.error) {
    spans_.erase(found);  // whoever sees the holder next asks again
    co_return;
  }
  found->second.known = true;
  found->second.span = answer.session ? span_in_name(answer.session->name) : duration{0};
  const duration span = found->second.span;
  for (const auto& weak : askers) {
    if (const auto r = weak.lock()) r->holders_span(session, span);
  }
}

// -- asking --------------------------------------------------------------------------------------

asio::awaitable<leader> engine::leader_of(std::string key) {
  const auto self = shared_from_this();
  const consul::kv_found answer = co_await client_.get(key, consul::consistency::default_);
  if (answer.error) fail(answer.error, answer.detail);
  co_return leader_in(key, answer);
}

asio::awaitable<leader> engine::depose(std::string key) {
  const auto self = shared_from_this();
  const time_point give_up = services_->timers->now() + request_timeout();
  for (;;) {
    const consul::kv_found found = co_await client_.get(key, consul::consistency::consistent);
    if (found.error) fail(found.error, found.detail);
    const leader who = leader_in(key, found);
    if (!who.present()) fail(errc::not_leading, "nobody holds \"" + key + "\"");
    // The value stays, so that successors wait until the lease of the deposed is over.
    const std::string left = who.value.empty() ? std::string("deposed") : who.value;
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_index(key, who.fence));
    ops.push_back(consul::txn_op::unlock(key, who.session, left, found.entry->flags));
    const consul::txn_done answer = co_await client_.write(std::move(ops), give_up);
    if (answer.error) fail(answer.error, answer.detail);
    if (answer.committed) co_return who;
    // Somebody wrote the key in between: look again.
    if (services_->timers->now() >= give_up) fail(errc::timed_out, "the key keeps changing");
  }
}

asio::awaitable<void> engine::ping() {
  const auto self = shared_from_this();
  const consul::done answer = co_await client_.ping();
  if (answer.error) fail(answer.error, answer.detail);
}

std::shared_ptr<observation> engine::observe(std::string key) {
  if (stopping_) throw boost::system::system_error(errc::shut_down);
  auto o = std::make_shared<observation>(services_, key);
  std::erase_if(observations_, [](const auto& weak) { return weak.expired(); });
  observations_.push_back(o);
  follow(key, o);
  return o;
}

// -- events --------------------------------------------------------------------------------------

void engine::note_event(const std::shared_ptr<record>& which) {
  if (which->event_pending) return;
  which->event_pending = true;
  events_.push_back(which);
  changed_.notify_all();
}

asio::awaitable<event> engine::next_event() {
  const auto self = shared_from_this();
  while (events_.empty() && !stopping_) co_await changed_.wait();
  if (events_.empty()) throw boost::system::system_error(errc::shut_down);
  const std::shared_ptr<record> r = std::move(events_.front());
  events_.pop_front();
  r->event_pending = false;
  co_return r->take_event();
}

// -- the end -------------------------------------------------------------------------------------

asio::awaitable<void> engine::stop_everything() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const auto self = shared_from_this();
  const bool second = stopping_;
  while (second && !stopped_) co_await changed_.wait();
  if (second) co_return;
  stopping_ = true;
  changed_.notify_all();
  for (const auto& weak : observations_) {
    if (const auto o = weak.lock()) o->stop();
  }
  std::vector<std::shared_ptr<record>> all;
  for (const auto& [key, r] : records_) all.push_back(r);
  for (const auto& r : all) r->stop(end_reason::shut_down);
  const time_point give_up = services_->timers->now() + request_timeout();
  for (const auto& r : all) {
    co_await wait_idle(r, give_up);
    if (!r->settled()) {
      services_->log->log(log_level::error, "shut down before the work had stopped",
                          {{"election", r->key()}});
    }
  }
  tasks_.cancel();
  co_await tasks_.join();
  for (const auto& [kind, p] : pools_) {
    for (const auto& keeper : p.keepers) co_await keeper->destroy();
  }
  pools_.clear();
  records_.clear();
  events_.clear();
  watches_.clear();
  stopped_ = true;
  changed_.notify_all();
}

asio::awaitable<void> engine::shut_down() {
  auto stopping = stop_everything();
  co_await asio::co_spawn(services_->executor, std::move(stopping), asio::use_awaitable);
}

void engine::shut_down_in_background() {
  if (stopping_) return;
  asio::co_spawn(services_->executor, stop_everything(), asio::detached);
}

}  // namespace tenure::impl
