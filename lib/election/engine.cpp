#include "election/engine.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "consul/format.hpp"
#include "core/util/backoff.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/slab.hpp"
#include "wire/http_client.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Spans of holders that are remembered; more than that many holders at once are asked again.
constexpr std::size_t most_spans = 4096;
constexpr std::size_t most_profiles = 16;

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

leader leader_in(const std::string& key, const consul::kv_result& answer) {
  leader who;
  who.key = key;
  if (answer.entry && !answer.entry->session.empty()) {
    who.session = answer.entry->session;
    who.value = answer.entry->value;
    who.fence = answer.entry->modify_index;
  }
  return who;
}

namespace {

void check_key(const std::string& key) {
  if (key.empty()) throw bad_configuration("an election needs a key: give one, such as a/leader");
  if (key.front() == '/') {
    throw bad_configuration("the key \"" + key + "\" starts with a slash: leave it out");
  }
  if (const std::string why = consul::unaddressable(key); !why.empty()) {
    throw bad_configuration("the key \"" + key + "\" cannot be asked for (" + why +
                            "): use another");
  }
}

}  // namespace

engine::engine(std::shared_ptr<const runtime::environment> env, consul_config config,
               elections_options options)
    : env_(std::move(env)),
      options_(std::move(options)),
      client_(env_, std::move(config)),
      poll_slots_(wire::lane_limits::divide(client_.config().connections).polls, options_.wait),
      tasks_(env_->executor, *env_->timers, report_to(env_->log)),
      lock_queue_(std::make_shared<lock_queue>(
          env_, client_, tasks_,
          wire::lane_limits::divide(client_.config().connections).requests * 4 / 5)),
      watches_(env_, client_, poll_slots_,
               [this](asio::awaitable<void> task) {
                 tasks_.spawn(runtime::keep_alive(std::move(task), shared_from_this()));
               },
               [this] { lock_queue_->send(); }),
      changed_(*env_->timers) {
  if (options_.sessions == 0) {
    throw bad_configuration("0 sessions cannot hold a key: use 1 or more");
  }
  if (options_.liveness && (*options_.liveness < 500ms || *options_.liveness > 10min)) {
    throw bad_configuration("a liveness of " + std::to_string(*options_.liveness / 1ms) +
                            " ms is out of range: use 500 ms to 10 min, or none");
  }
  if (options_.wait < 1s || options_.wait > 60s) {
    throw bad_configuration("a wait of " + std::to_string(options_.wait / 1ms) +
                            " ms is out of range: use 1 s to 60 s");
  }
}

engine::~engine() { watches_.stop(); }

// -- entering and leaving ------------------------------------------------------------------------

std::shared_ptr<participant> engine::enter(std::string key, candidacy how) {
  if (stopping_) throw boost::system::system_error(errc::shut_down);
  check_key(key);
  how.check();
  if (watches_.stood_for(key)) {
    throw boost::system::system_error(errc::already_entered, "\"" + key + "\"");
  }
  auto r = runtime::make_in_slab<participant>(profile_of(std::move(how)), std::move(key));
  r->index_in_engine = static_cast<std::uint32_t>(participants_.size());
  participants_.push_back(r);
  watch(r->name(), r);
  return r;
}

// The latest few are remembered: who enters thousands does so with one candidacy, or with one for
// each of a few kinds.
std::shared_ptr<const profile> engine::profile_of(candidacy how) {
  for (const auto& weak : profiles_) {
    auto known = weak.lock();
    if (known && known->how == how) return known;
  }
  auto fresh = std::make_shared<const profile>(weak_from_this(), env_, std::move(how));
  std::erase_if(profiles_, [](const auto& weak) { return weak.expired(); });
  if (profiles_.size() == most_profiles) profiles_.erase(profiles_.begin());
  profiles_.push_back(fresh);
  return fresh;
}

// The last one takes its place.
void engine::forget(participant& which) noexcept {
  const std::uint32_t place = which.index_in_engine;
  if (place >= participants_.size() || participants_[place].get() != &which) return;
  participants_[place] = std::move(participants_.back());
  participants_.pop_back();
  if (place < participants_.size()) participants_[place]->index_in_engine = place;
}

asio::awaitable<void> engine::wait_idle(std::shared_ptr<participant> which, time_point give_up) {
  bool in_time = true;
  while (in_time && !which->settled()) {
    const time_point until = std::max(give_up, which->lease_end());
    co_await which->changed().wait(until);
    in_time = env_->timers->now() < std::max(give_up, which->lease_end());
  }
}

// A record is forgotten when nothing of it can happen any more: no key held, no claim open, no work
// running. Until then nobody else of this process may stand for its key.
asio::awaitable<void> engine::retire(std::shared_ptr<participant> which) {
  while (!which->settled()) co_await which->changed().wait();
  which->unwatch();
  forget(*which);
  for (auto& [kind, p] : pools_) {
    for (const auto& its_session : p.sessions) its_session->detach(*which);
  }
}

asio::awaitable<void> engine::leave_quietly(std::shared_ptr<participant> which) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  which->leave();
  if (!which->retiring && !stopping_) {
    which->retiring = true;
    tasks_.spawn(runtime::keep_alive(retire(which), shared_from_this()));
  }
  co_await wait_idle(which, env_->timers->now() + request_timeout());
}

asio::awaitable<void> engine::leave(std::shared_ptr<participant> which) {
  auto leaving = runtime::keep_alive(leave_quietly(std::move(which)), shared_from_this());
  co_await asio::co_spawn(env_->executor, std::move(leaving), asio::use_awaitable);
}

void engine::leave_in_background(std::shared_ptr<participant> which) {
  if (stopping_) return;
  asio::co_spawn(env_->executor,
                 runtime::keep_alive(leave_quietly(std::move(which)), shared_from_this()),
                 asio::detached);
}

// -- what the records share ----------------------------------------------------------------------

std::shared_ptr<consul_session> engine::session_for(const candidacy& how) {
  pool& p = pools_[session_kind(how)];
  if (p.sessions.size() < options_.sessions) {
    auto its_session = std::make_shared<consul_session>(env_, client_, tasks_, session_kind(how),
                                                   options_.name,
                                                   options_.liveness.value_or(duration{0}));
    p.sessions.push_back(its_session);
    tasks_.spawn(runtime::keep_alive(its_session->run(), its_session, shared_from_this()));
    tasks_.spawn(runtime::keep_alive(its_session->prove(), its_session, shared_from_this()));
    return its_session;
  }
  return p.sessions[p.next++ % p.sessions.size()];
}

void engine::ask_span(const std::string& session, const std::shared_ptr<participant>& who) {
  if (spans_.size() > most_spans) {
    std::erase_if(spans_, [](const auto& s) { return s.second.known; });
  }
  auto [found, fresh] = spans_.try_emplace(session);
  if (found->second.known) {
    who->holders_span(found->second.span);
    return;
  }
  found->second.askers.push_back(who);
  if (fresh) tasks_.spawn(runtime::keep_alive(find_span(session), shared_from_this()));
}

asio::awaitable<void> engine::find_span(std::string session) {
  core::backoff failures(100ms, 2s);
  bool asking = true;
  while (asking) {
    const consul::session_found answer =
        co_await client_.session_info(session, consul::consistency::default_);
    const auto found = spans_.find(session);
    if (found == spans_.end()) co_return;
    asking = answer.error && answer.error != error_kind::fatal;
    if (asking) {
      co_await runtime::sleep_until(
          *env_->timers,
          env_->timers->now() + failures.next(env_->random->next()));
    } else if (!answer.session) {
      spans_.erase(found);  // gone: nobody can say any more
    } else {
      found->second.known = true;
      found->second.span = span_in_name(answer.session->name);
      const duration span = found->second.span;
      const auto askers = std::move(found->second.askers);
      found->second.askers.clear();
      for (const auto& weak : askers) {
        if (const auto r = weak.lock()) r->holders_span(span);
      }
    }
  }
}

// -- asking --------------------------------------------------------------------------------------

asio::awaitable<leader> engine::leader_of(std::string key) {
  const consul::kv_result answer = co_await client_.get(key, consul::consistency::default_);
  if (answer.error) fail(answer.error, answer.detail);
  co_return leader_in(key, answer);
}

asio::awaitable<leader> engine::depose(std::string key) {
  const time_point give_up = env_->timers->now() + request_timeout();
  for (;;) {
    const consul::kv_result found = co_await client_.get(key, consul::consistency::consistent);
    if (found.error) fail(found.error, found.detail);
    const leader who = leader_in(key, found);
    if (!who.present()) fail(errc::not_leading, "nobody holds \"" + key + "\"");
    // The value stays, so that successors wait until the lease of the deposed is over.
    const std::string left = who.value.empty() ? std::string("deposed") : who.value;
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_index(key, who.fence));
    ops.push_back(consul::txn_op::unlock(key, who.session, left, found.entry->flags));
    const consul::txn_result answer = co_await client_.write(std::move(ops), give_up);
    if (answer.error) fail(answer.error, answer.detail);
    if (answer.committed) co_return who;
    // Somebody wrote the key in between: look again.
    if (env_->timers->now() >= give_up) fail(errc::timed_out, "the key keeps changing");
  }
}

asio::awaitable<void> engine::ping() {
  const consul::ack answer = co_await client_.ping();
  if (answer.error) fail(answer.error, answer.detail);
}

std::shared_ptr<leader_observer> engine::observe(std::string key) {
  if (stopping_) throw boost::system::system_error(errc::shut_down);
  check_key(key);
  auto o = std::make_shared<leader_observer>(env_, key);
  std::erase_if(observations_, [](const auto& weak) { return weak.expired(); });
  observations_.push_back(o);
  watch(key_name(key), o);
  return o;
}

std::shared_ptr<leader_settings_store> engine::settings_in(std::string key) {
  if (stopping_) throw boost::system::system_error(errc::shut_down);
  if (key.empty() || key.front() == '/') {
    throw bad_configuration("settings need a key without a slash at its head, such as a/settings");
  }
  check_key(key);
  auto s = std::make_shared<leader_settings_store>(shared_from_this(), std::move(key));
  std::erase_if(settings_, [](const auto& weak) { return weak.expired(); });
  settings_.push_back(s);
  return s;
}

// -- semaphores ----------------------------------------------------------------------------------

std::shared_ptr<slot_candidate> engine::contend(std::string prefix, std::size_t slots, candidacy how) {
  if (stopping_) throw boost::system::system_error(errc::shut_down);
  if (prefix.empty() || prefix.front() == '/' || prefix.back() == '/') {
    throw bad_configuration("the prefix \"" + prefix +
                            "\" of a semaphore has to have a name, without slashes around it");
  }
  if (slots == 0) throw bad_configuration("a semaphore of 0 slots: use 1 or more");
  how.check();
  auto c = std::make_shared<slot_candidate>(env_, client_, poll_slots_, options_.name,
                                       std::move(prefix), slots, std::move(how));
  std::erase_if(contenders_, [](const auto& weak) { return weak.expired(); });
  contenders_.push_back(c);
  watches_.connections_changed();
  tasks_.spawn(runtime::keep_alive(c->run(), c, shared_from_this()));
  return c;
}

// -- events --------------------------------------------------------------------------------------

void engine::note_event(const std::shared_ptr<participant>& which) {
  if (which->event_pending) return;
  which->event_pending = true;
  events_.push_back(which);
  changed_.notify_all();
}

asio::awaitable<event> engine::next_event() {
  while (events_.empty() && !stopping_) co_await changed_.wait();
  if (events_.empty()) throw boost::system::system_error(errc::shut_down);
  const std::shared_ptr<participant> r = std::move(events_.front());
  events_.pop_front();
  r->event_pending = false;
  co_return r->take_event();
}

// -- the end -------------------------------------------------------------------------------------

asio::awaitable<void> engine::stop_everything() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const bool second = stopping_;
  while (second && !stopped_) co_await changed_.wait();
  if (second) co_return;
  stopping_ = true;
  changed_.notify_all();
  for (const auto& weak : observations_) {
    if (const auto o = weak.lock()) o->stop();
  }
  for (const auto& weak : settings_) {
    if (const auto s = weak.lock()) s->stop();
  }
  const std::vector<std::shared_ptr<participant>> all = participants_;
  for (const auto& r : all) r->stop(end_reason::shut_down);
  std::vector<std::shared_ptr<slot_candidate>> slots;
  for (const auto& weak : contenders_) {
    if (auto c = weak.lock()) slots.push_back(std::move(c));
  }
  for (const auto& c : slots) c->stop(end_reason::shut_down, false);
  const time_point give_up = env_->timers->now() + request_timeout();
  for (const auto& r : all) {
    co_await wait_idle(r, give_up);
    if (!r->settled()) {
      env_->log->log(log_level::error, "shut down before the work had stopped",
                          {{"election", r->key()}});
    }
  }
  for (const auto& c : slots) co_await c->wait_finished(give_up);
  watches_.stop();
  lock_queue_->stop();
  tasks_.cancel();
  co_await tasks_.join();
  runtime::task_scope farewells(env_->executor, *env_->timers,
                                report_to(env_->log));
  for (const auto& [kind, p] : pools_) {
    for (const auto& its_session : p.sessions) {
      // A session under work that still runs is left to expire.
      const bool leave_to_expire = its_session->in_use();
      farewells.spawn(runtime::keep_alive(its_session->destroy(leave_to_expire), its_session));
    }
  }
  co_await farewells.join();
  pools_.clear();
  participants_.clear();
  events_.clear();
  stopped_ = true;
  changed_.notify_all();
}

asio::awaitable<void> engine::shut_down() {
  auto stopping = runtime::keep_alive(stop_everything(), shared_from_this());
  co_await asio::co_spawn(env_->executor, std::move(stopping), asio::use_awaitable);
}

void engine::shut_down_in_background() {
  if (stopping_) return;
  asio::co_spawn(env_->executor, runtime::keep_alive(stop_everything(), shared_from_this()),
                 asio::detached);
}

}  // namespace tenure::impl
