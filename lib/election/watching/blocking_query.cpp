#include "election/watching/blocking_query.hpp"

#include <algorithm>
#include <utility>

#include "core/util/invariant.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Many quick answers in a row are a storm: then each costs a pause, a longer one while the storm
// lasts. So the first change after a quiet poll costs none.
constexpr std::uint64_t storm_doublings = 2;
// A poll on a missing key or prefix is woken by every write to the store.
constexpr duration missing_pause = 250ms;
// A turn that goes on for less than this is not worth another poll.
constexpr duration least_turn = 1s;
// After a poll that has lasted for this long, the server does what a blocking query is for.
constexpr duration quiet_poll = 1s;
// How long claims may delay a poll: keys of other processes may be below the same prefix.
constexpr duration claims_first = 1s;

}  // namespace

blocking_query::blocking_query(std::shared_ptr<const runtime::environment> env, poll_slots& slots,
                               query_hooks& hooks)
    : env_(std::move(env)),
      slots_(slots),
      hooks_(hooks),
      changed_(*env_->timers),
      slots_used_(env_->metrics, metric::poll_slots_used),
      slots_awaited_(env_->metrics, metric::poll_slots_awaited),
      failures_(100ms, 5s),
      hollow_answers_(100ms, 5s) {}

/// Gives back the slot however run() ends.
class blocking_query::running_mark {
 public:
  explicit running_mark(blocking_query& query)
      : query_(query), counted_(query.env_->metrics, metric::watch_queries) {
    core::must(!query.running_, "a query runs once at a time",
               [&] { return query.describe(); });
    query_.running_ = true;
    counted_.set(1);
  }
  running_mark(const running_mark&) = delete;
  running_mark& operator=(const running_mark&) = delete;
  ~running_mark() {
    query_.running_ = false;
    query_.give_back_slot();
    query_.hooks_.on_query_ended();
  }

 private:
  blocking_query& query_;
  runtime::gauge_share counted_;
};

void blocking_query::give_back_slot() noexcept {
  slots_.give_back(*this);
  count_slot();
}

void blocking_query::count_slot() noexcept {
  slots_used_.set(has_slot() ? 1 : 0);
  slots_awaited_.set(waits_for_slot() ? 1 : 0);
}

void blocking_query::on_slot() noexcept {
  count_slot();
  turn_began_ = time_point::min();
  changed_.notify_all();
}

void blocking_query::retire() noexcept {
  retired_ = true;
  changed_.notify_all();
}

void blocking_query::resume() noexcept {
  paused_ = false;
  changed_.notify_all();
}

std::string blocking_query::describe() const {
  std::string text = "query of \"" + hooks_.watched() + "\" at index " + std::to_string(index_);
  if (has_slot()) text += ", with a slot";
  if (waits_for_slot()) text += ", waits for a slot";
  if (failing_) text += ", failing";
  if (retired_) text += ", retired";
  if (paused_) text += ", paused";
  return text + ", " + std::to_string(inflight_lock_ops_) + " claims in flight";
}

void blocking_query::lock_op_answered() noexcept {
  core::must(inflight_lock_ops_ > 0, "an answered claim was in flight",
             [this] { return describe(); });
  if (--inflight_lock_ops_ == 0) changed_.notify_all();
}

void blocking_query::forget_claims() noexcept {
  inflight_lock_ops_ = 0;
  changed_.notify_all();
}

asio::awaitable<void> blocking_query::run() {
  const running_mark mark(*this);
  bool kept = false;  // it is retired, and has to poll once more
  while (!retired_ || kept) {
    if (paused_) co_await wait_resumed();
    // A list after a failure: a poll would wait for news while its watchers know of the failure.
    const bool wants_poll = !will_list();
    if (wants_poll && inflight_lock_ops_ != 0) co_await wait_claims();
    if (wants_poll && !has_slot()) co_await wait_slot();
    if (retired_ && !kept) co_return;
    if (paused_) continue;
    const request how = wants_poll && has_slot() ? request::poll : request::list;
    const time_point asked = now();
    const query_answer answer = co_await ask(how);
    count(how, answer);
    kept = how == request::poll && !answer.error && retired_ && hooks_.keep_polling();
    // A slot that was given during a list is for the poll that follows.
    const bool slot_used = how == request::poll || answer.error;
    if (has_slot() && slot_used && !kept && (retired_ || answer.error || !turn_goes_on())) {
      give_back_slot();
    }
    if (retired_ && !kept) co_return;
    const duration pause = answer.error ? after_error(answer)
                                        : after_answer(answer, how, asked, wants_poll);
    if (pause > duration{0}) {
      const time_point again = now() + pause;
      co_await runtime::sleep_until(*env_->timers, again);
    }
  }
}

duration blocking_query::after_error(const query_answer& answer) {
  give_back_slot();  // also its place in the queue: others would wait out its pause
  failing_ = true;
  hooks_.on_query_error(answer);
  return failures_.next(env_->random->next());
}

/// `wanted_poll`: a list in place of a poll leaves the index, because the poll has to show what
/// changed since.
duration blocking_query::after_answer(const query_answer& answer, request how, time_point asked,
                                      bool wanted_poll) noexcept {
  failures_.reset();
  failing_ = false;
  const bool changed = answer.index != index_;
  const bool hollow = how == request::poll && answer.index <= index_ && !lasted(asked);
  const bool new_index = answer.index > index_;
  if (how == request::poll && (lasted(asked) || new_index)) hollow_answers_.reset();
  if (how == request::poll || !wanted_poll) {
    index_ = answer.index < index_ ? 0 : std::max<std::uint64_t>(answer.index, 1);
  }
  const duration pause = pause_after(answer, how, asked, changed);
  return hollow ? std::max(pause, hollow_answers_.next(env_->random->next())) : pause;
}

bool blocking_query::lasted(time_point asked) const noexcept {
  return now() - asked >= quiet_poll;
}

asio::awaitable<query_answer> blocking_query::ask(request how) {
  core::must(how == request::list || (index_ != 0 && has_slot()),
             "a poll follows an answer, and has a slot", [this] { return describe(); });
  return how == request::poll ? hooks_.poll(index_, poll_wait()) : hooks_.list();
}

/// Turns that begin together must not end together: some clients would wait for a whole turn, and
/// others not at all.
duration blocking_query::poll_wait() noexcept {
  const duration turn = slots_.turn(hooks_.longest_poll());
  if (turn_began_ != time_point::min()) {
    return std::max(turn_began_ + turn - now(), least_turn);
  }
  turn_began_ = now();
  return slots_.contended() ? turn * 3 / 4 + env_->random->jitter(turn / 2) : turn;
}

/// Whether it may poll again in this turn. If no client waits, another turn begins.
bool blocking_query::turn_goes_on() const noexcept {
  const duration turn = slots_.turn(hooks_.longest_poll());
  return slots_.contended() && now() + least_turn < turn_began_ + turn;
}

void blocking_query::count(request how, const query_answer& answer) const noexcept {
  if (answer.error) return runtime::count(*env_, metric::watch_errors);
  if (how == request::list) return runtime::count(*env_, metric::watch_lists);
  runtime::count(*env_, metric::watch_polls);
  if (answer.index != index_) runtime::count(*env_, metric::watch_wakeups);
}

asio::awaitable<void> blocking_query::wait_resumed() {
  give_back_slot();
  while (paused_ && !retired_) co_await changed_.wait();
  index_ = 0;
}

asio::awaitable<void> blocking_query::wait_claims() {
  const time_point until = now() + claims_first;
  while (inflight_lock_ops_ != 0 && !retired_ && now() < until) {
    co_await changed_.wait(until);
  }
}

/// Until it has a slot, is retired, or should list instead. It keeps its place in the queue.
asio::awaitable<void> blocking_query::wait_slot() {
  slots_.enqueue(*this);
  count_slot();
  const time_point until = now() + slots_.patience();
  bool in_time = true;
  while (in_time && !has_slot() && !retired_ && !paused_) {
    co_await changed_.wait(until);
    in_time = now() < until;
  }
  if (!has_slot() && !retired_ && !paused_) hooks_.on_no_slot();
}

duration blocking_query::pause_after(const query_answer& answer, request how, time_point asked,
                                     bool changed) noexcept {
  const bool first = !std::exchange(answered_, true);
  if (first) return duration{0};
  if (answer.missing) return missing_pause / 2 + env_->random->jitter(missing_pause);
  if (how == request::list) return duration{0};
  const storm_rule rule = hooks_.storm();
  quick_answers_ = now() - asked < rule.quick ? quick_answers_ + 1 : 0;
  if (quick_answers_ <= rule.allowed) return changed ? rule.after_change : duration{0};
  return rule.quick * (1 << std::min(quick_answers_ - rule.allowed - 1, storm_doublings));
}

}  // namespace tenure::impl
