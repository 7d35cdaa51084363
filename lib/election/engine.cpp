#include "election/engine.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <tenure/key_error.hpp>
#include <utility>

#include "core/testing/seeded_bug.hpp"
#include "election/errors.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_profiles = 16;

void check_key(const std::string& key) {
  if (std::string why = key_error(key); !why.empty()) throw bad_configuration(std::move(why));
}

template <class T>
std::vector<std::shared_ptr<T>> living(const std::vector<std::weak_ptr<T>>& list) {
  std::vector<std::shared_ptr<T>> all;
  for (const auto& weak : list) {
    if (auto one = weak.lock()) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

engine::engine(std::shared_ptr<const runtime::environment> env, consul_config config,
               elections_options options)
    : engine(std::make_shared<connections>(std::move(env), std::move(config)),
             std::move(options)) {}

engine::engine(std::shared_ptr<connections> shared_connections, elections_options options)
    : shared_(std::make_shared<context>(std::move(shared_connections), std::move(options))),
      stopped_changed_(*shared_->env->timers) {}

// An engine that was not shut down goes with its io_context. What is queued in the context would
// keep its participants alive, and they the context.
engine::~engine() {
  shared_->watches.stop();
  shared_->locks->stop();
  shared_->names.stop();
  shared_->events.close();
  for (const auto& pooled : shared_->sessions.take_all()) pooled->proofs->clear();
}

// -- entering and leaving ------------------------------------------------------------------------

std::shared_ptr<participant> engine::enter(std::string key, candidacy how) {
  shared_->check_open();
  how.check();
  return enter(std::move(key), profile_of(std::move(how)));
}

std::shared_ptr<participant> engine::enter(std::string key, std::shared_ptr<const profile> how) {
  shared_->check_open();
  check_key(key);
  if (shared_->watches.has_candidate(key)) make_room(key);
  const std::shared_ptr<group_seats> its_group = how->group;
  auto fresh = runtime::make_in_slab<participant>(std::move(how), std::move(key));
  fresh->index_in_engine = static_cast<std::uint32_t>(participants_.size());
  participants_.push_back(fresh);
  if (its_group) its_group->take_seat(*fresh);
  shared_->watches.watch(fresh->name(), fresh);
  return fresh;
}

// The one that has left may still try to release what the token may not release. The next one finds
// the key held by its own session.
void engine::make_room(const std::string& key) {
  const auto found = std::ranges::find_if(participants_, [&](const auto& one) {
    return one->left() && one->settled() && one->key() == key;
  });
  if (found == participants_.end()) fail(errc::already_entered, "\"" + key + "\"");
  const std::shared_ptr<participant> left = *found;
  left->detach();
  forget(*left);
  left->changed().notify_all();
}

// The latest few are remembered: a program that enters thousands of elections does so with one
// candidacy, or with a few.
std::shared_ptr<const profile> engine::profile_of(candidacy how) {
  for (const auto& weak : profiles_) {
    auto known = weak.lock();
    if (known && known->how == how) return known;
  }
  auto fresh = std::make_shared<const profile>(shared_, std::move(how));
  std::erase_if(profiles_, [](const auto& weak) { return weak.expired(); });
  if (profiles_.size() == most_profiles) profiles_.erase(profiles_.begin());
  profiles_.push_back(fresh);
  return fresh;
}

bool engine::forgotten(const participant& which) const noexcept {
  const std::uint32_t place = which.index_in_engine;
  return place >= participants_.size() || participants_[place].get() != &which;
}

// Swap-remove: the last participant moves into the freed place.
void engine::forget(participant& which) noexcept {
  which.uncount();
  if (forgotten(which)) return;
  const std::uint32_t place = which.index_in_engine;
  participants_[place] = std::move(participants_.back());
  participants_.pop_back();
  if (place < participants_.size()) participants_[place]->index_in_engine = place;
}

// A key can be released only after the work has stopped: what follows has its time from then on, or
// from the end of the lease.
asio::awaitable<void> engine::wait_for_work(participant_list all) {
  for (const auto& one : all) {
    while (one->working() && shared_->now() < one->lease_end()) {
      co_await one->changed().wait(one->lease_end());
    }
  }
}

asio::awaitable<void> engine::wait_settled(participant_list all, time_point give_up) {
  for (const auto& one : all) {
    while (!one->settled() && shared_->now() < give_up) co_await one->changed().wait(give_up);
  }
}

// A participant is forgotten when nothing of it can happen any more: no key held, no claim open, no
// work running. Until then this process cannot enter its key again. Where the token may not release
// the key, it tries again until it may: the session, which other elections use, would hold the key
// as long as this process runs. Only a group takes other measures.
asio::awaitable<void> engine::retire(std::shared_ptr<participant> which) {
  while (!(which->in_group() ? which->settled() : which->holds_nothing())) {
    co_await which->changed().wait();
    if (forgotten(*which)) co_return;
  }
  which->detach();
  forget(*which);
}

void engine::begin_leaving(const std::shared_ptr<participant>& which, leaving_how how) {
  if (how == leaving_how::alone) {
    which->leave();
  } else {
    which->leave_with_group();
  }
  if (which->retiring || shared_->shutting_down) return;
  which->retiring = true;
  shared_->tasks.spawn(runtime::keep_alive(retire(which), shared_from_this()));
}

asio::awaitable<void> engine::leave_now(std::shared_ptr<participant> which) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  begin_leaving(which, leaving_how::alone);
  const participant_list only{which};
  co_await wait_for_work(only);
  co_await wait_settled(only, shared_->now() + shared_->request_timeout());
}

// In a separate coroutine, so that the caller's cancellation ends only the wait.
asio::awaitable<void> engine::leave(std::shared_ptr<participant> which) {
  auto leaving = runtime::keep_alive(leave_now(std::move(which)), shared_from_this());
  co_await asio::co_spawn(shared_->env->executor, std::move(leaving), asio::use_awaitable);
}

void engine::leave_in_background(std::shared_ptr<participant> which) {
  if (shared_->shutting_down || which->left()) return;
  begin_leaving(which, leaving_how::alone);
}

// -- observers, settings, semaphores -------------------------------------------------------------

std::shared_ptr<leader_observer> engine::observe(std::string key) {
  shared_->check_open();
  check_key(key);
  auto fresh = std::make_shared<leader_observer>(shared_->env, key, shared_->observer_reads());
  remember(observers_, fresh);
  shared_->watches.watch(key_name(key), fresh);
  return fresh;
}

std::shared_ptr<leader_settings_store> engine::settings_in(std::string key) {
  shared_->check_open();
  if (key.empty() || key.front() == '/') {
    throw bad_configuration("settings need a key without a leading slash, such as a/settings");
  }
  check_key(key);
  auto fresh = std::make_shared<leader_settings_store>(shared_, std::move(key));
  remember(settings_, fresh);
  return fresh;
}

std::shared_ptr<slot_candidate> engine::contend(std::string prefix, std::size_t slots,
                                                candidacy how) {
  shared_->check_open();
  if (prefix.empty() || prefix.front() == '/' || prefix.back() == '/') {
    throw bad_configuration("the prefix \"" + prefix +
                            "\" of a semaphore has to have a name, without slashes around it");
  }
  check_key(prefix + "/.lock");
  if (slots == 0) throw bad_configuration("a semaphore of 0 slots: use 1 or more");
  how.check();
  auto fresh =
      std::make_shared<slot_candidate>(shared_, std::move(prefix), slots, std::move(how));
  remember(slot_candidates_, fresh);
  shared_->tasks.spawn(runtime::keep_alive(fresh->run(), fresh));
  return fresh;
}

// -- events --------------------------------------------------------------------------------------

// To the end of the shut-down: a program that leads by events has to resign what is stopped.
asio::awaitable<event> engine::next_event() {
  event_queue& events = shared_->events;
  while (events.empty() && !stopped_) co_await events.changed().wait();
  if (events.empty()) fail(errc::shut_down, "the elections object is shut down");
  co_return events.pop()->take_event();
}

// -- the shut-down -------------------------------------------------------------------------------

// What is not settled by now: work that runs on, and keys that Consul did not release in time. Of
// either there may be thousands: one line each, with an example.
void engine::log_unsettled() const {
  const auto tell = [this](const char* event, bool working) {
    const auto is_one = [working](const std::shared_ptr<participant>& one) {
      return !one->settled() && one->working() == working;
    };
    const auto first = std::ranges::find_if(participants_, is_one);
    if (first == participants_.end()) return;
    const auto count = static_cast<std::uint64_t>(std::ranges::count_if(participants_, is_one));
    shared_->env->log->log(log_level::error, event,
                           {{"election", (*first)->key()}, {"elections", count}});
  };
  tell("shut down with work still running", true);
  tell("shut down with keys not released", false);
}

asio::awaitable<void> engine::stop_everything() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const bool second = shared_->shutting_down;
  while (second && !stopped_) co_await stopped_changed_.wait();
  if (second) co_return;
  shared_->shutting_down = true;
  for (const auto& observer : living(observers_)) observer->stop();
  for (const auto& store : living(settings_)) store->stop();
  const std::vector<std::shared_ptr<participant>> all = participants_;
  for (const auto& one : all) {
    if (!one->in_group()) one->stop(end_reason::shut_down);
  }
  const std::vector<std::shared_ptr<slot_candidate>> slots = living(slot_candidates_);
  for (const auto& slot : slots) slot->stop(end_reason::shut_down);
  const std::vector<std::shared_ptr<group_core>> groups = groups_;
  co_await stop_groups(groups);
  co_await wait_for_work(all);
  for (const auto& slot : slots) co_await slot->wait_for_work();
  const time_point give_up = shared_->now() + shared_->request_timeout();
  co_await wait_settled(all, give_up);
  for (const auto& slot : slots) co_await slot->wait_finished(give_up);
  log_unsettled();
  // One time-out for all that is left: without this each request would have its own, and there may
  // be five in a row.
  if (!bug_enabled(core::seeded_bug::ends_by_each_timeout)) {
    shared_->client.give_up_at(shared_->client.deadline());
  }
  co_await end_groups(groups);
  groups_.clear();
  shared_->watches.stop();
  shared_->locks->stop();
  shared_->names.stop();
  shared_->tasks.cancel();
  co_await shared_->tasks.join();
  co_await end_sessions();
  for (const auto& one : all) one->uncount();
  participants_.clear();
  shared_->events.close();
  stopped_ = true;
  stopped_changed_.notify_all();
  shared_->events.changed().notify_all();
}

// Ends all sessions concurrently. If running work relies on the locks of a session, it is left to
// expire.
asio::awaitable<void> engine::end_sessions() {
  runtime::task_scope ending(shared_->env->executor, *shared_->env->timers,
                             log_failures(shared_->env->log));
  for (const auto& pooled : shared_->sessions.take_all()) {
    pooled->proofs->clear();
    const auto how = pooled->session->in_use() ? consul_session::ending::leave_to_expire
                                               : consul_session::ending::destroy;
    ending.spawn(runtime::keep_alive(pooled->session->end(how), pooled));
  }
  co_await ending.join();
}

asio::awaitable<void> engine::shut_down() {
  auto stopping = runtime::keep_alive(stop_everything(), shared_from_this());
  co_await asio::co_spawn(shared_->env->executor, std::move(stopping), asio::use_awaitable);
}

void engine::shut_down_in_background() {
  if (shared_->shutting_down) return;
  asio::co_spawn(shared_->env->executor,
                 runtime::keep_alive(stop_everything(), shared_from_this()), asio::detached);
}

}  // namespace tenure::impl
