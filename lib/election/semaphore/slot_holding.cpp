// A slot that is held: its deadlines, its proofs, and how it is let go.
#include <algorithm>
#include <utility>
#include <vector>

#include "consul/documents.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

}  // namespace

time_point slot_candidate::lease_end() const noexcept {
  return going_on() ? rules_.lease_end(proven_at_) : time_point::min();
}

void slot_candidate::begin(std::uint64_t fence, time_point proven_at) {
  term_ = std::make_shared<term_state>(key_name(lock_key()), session_, fence, env_->clock,
                                       std::weak_ptr<term_host>(weak_from_this()));
  proven_at_ = proven_at;
  proof_not_before_ = time_point::min();
  asked_to_stop_ = end_reason::none;
  working_ = true;
  term_->open(lease_end(), rules_.stop_at(proven_at_));
  log(log_level::info, "a slot is ours");
  changed_.notify_all();
}

void slot_candidate::tell_stop() {
  if (term_->stop_told) return;
  term_->stop_told = true;
  body_.stop();
  changed_.notify_all();
}

void slot_candidate::end(end_reason why) {
  term_->close();
  term_->reason.store(why, std::memory_order_release);
  log(why == end_reason::resigned || why == end_reason::shut_down ? log_level::info
                                                                  : log_level::warn,
      to_string(why));
  tell_stop();
  changed_.notify_all();
}

void slot_candidate::work_stopped() {
  if (!working_) return;
  working_ = false;
  if (going_on()) {
    end(asked_to_stop_ == end_reason::none ? end_reason::resigned : asked_to_stop_);
  }
  changed_.notify_all();
}

void slot_candidate::stop(end_reason why, bool work_stopped_too) {
  left_ = true;
  if (asked_to_stop_ == end_reason::none) asked_to_stop_ = why;
  if (going_on()) tell_stop();
  if (work_stopped_too && !body_.at_work()) work_stopped();
  changed_.notify_all();
}

// -- while it is held ----------------------------------------------------------------------------

time_point slot_candidate::proof_due() const noexcept {
  // A holder that was asked to stop has until the lease ends, and no more.
  const bool stopping = asked_to_stop_ != end_reason::none;
  if (!going_on() || proving_ || stopping) return time_point::max();
  const time_point regular = proven_at_ + rules_.proof_interval();
  const bool wanted = term_->proof_wanted > proven_at_;
  return std::max(wanted ? std::min(regular, term_->proof_wanted) : regular, proof_not_before_);
}

time_point slot_candidate::next_deadline() const noexcept {
  if (!going_on()) return time_point::max();
  const time_point notice = term_->stop_told ? time_point::max() : rules_.stop_at(proven_at_);
  return std::min({lease_end(), notice, proof_due()});
}

void slot_candidate::heed_deadlines() {
  if (!going_on()) return;
  if (now() >= lease_end()) {
    end(asked_to_stop_ == end_reason::none ? end_reason::expired : asked_to_stop_);
  } else if (now() >= rules_.stop_at(proven_at_)) {
    tell_stop();
  }
  if (now() >= proof_due()) {
    proving_ = true;
    tasks_.spawn(runtime::keep_alive(prove_once(term_), shared_from_this()));
  }
}

asio::awaitable<void> slot_candidate::serve() {
  while (working_) {
    heed_deadlines();
    if (working_) co_await changed_.wait(next_deadline());
  }
}

asio::awaitable<void> slot_candidate::prove_once(std::shared_ptr<term_state> which) {
  std::vector<consul::txn_op> ops;
  ops.push_back(consul::txn_op::get(lock_key()));
  const std::string session = which->session.text();
  ops.push_back(consul::txn_op::check_session(prefix_ + "/" + session, session));
  const time_point asked = now();
  const duration timeout = rules_.proof_timeout();
  const consul::txn_result answer = co_await client_.prove(std::move(ops), asked + timeout);
  proving_ = false;
  changed_.notify_all();
  if (over(which)) co_return;
  if (answer.error) {
    last_error_ = answer.error;
    // Only a failure that came at once needs a pause.
    const duration rest = now() - asked < timeout / 2 ? timeout / 4 : duration{0};
    proof_not_before_ = now() + rest / 2 + env_->random->jitter(rest);
    co_return;
  }
  last_error_ = error_code{};
  take_proof(answer);
}

void slot_candidate::take_proof(const consul::txn_result& answer) {
  if (answer.committed) {
    const auto lock = consul::parse_semaphore(answer.results.front().value);
    if (lock && lock->holders.contains(session_)) {
      proved(answer.sent_at, answer.results.front().modify_index);
    } else {
      end(lock ? end_reason::key_taken : end_reason::overwritten);
    }
    return;
  }
  const bool no_lock = answer.failures.front().op_index == 0;
  renew_at_ = now();  // tells whether the session is gone
  enrolled_ = enrolled_ && no_lock;
  end(no_lock ? end_reason::key_missing : end_reason::session_lost);
}

void slot_candidate::proved(time_point sent_at, std::uint64_t lock_index) {
  if (sent_at > proven_at_) proven_at_ = sent_at;
  lock_index_ = std::max(lock_index_, lock_index);
  proof_not_before_ = time_point::min();
  term_->open(lease_end(), rules_.stop_at(proven_at_));
  changed_.notify_all();
}

// -- letting go ----------------------------------------------------------------------------------

// When the work has stopped: the slot is free for whoever comes next, at once.
asio::awaitable<void> slot_candidate::let_go(bool key_too) {
  core::backoff failures(20ms, 2s);
  while (named_ || (key_too && enrolled_)) {
    const bool done = co_await let_go_once(key_too);
    if (done) co_return;
    const time_point again = now() + failures.next(env_->random->next());
    co_await runtime::sleep_until(*env_->timers, again);
  }
}

asio::awaitable<bool> slot_candidate::let_go_once(bool key_too) {
  const consul::kv_list found =
      co_await client_.list(prefix_ + "/", consul::consistency::consistent);
  last_error_ = found.error;
  if (found.error) co_return false;
  const semaphore_reading seen = read_semaphore(prefix_, found.entries);
  std::vector<consul::txn_op> ops;
  if (seen.holders.contains(session_)) {
    consul::semaphore_document rest;
    rest.limit = seen.limit;
    rest.holders = seen.holders;
    rest.holders.erase(session_);
    // An empty value: whoever comes next may choose another limit.
    std::string text = rest.holders.empty() ? std::string() : consul::semaphore_text(rest);
    ops.push_back(consul::txn_op::cas(lock_key(), std::move(text), seen.lock_index,
                                      consul::semaphore_flags));
  }
  const bool own = key_too && seen.contenders.contains(session_);
  if (own) {
    ops.push_back(consul::txn_op::check_session(own_key(), session_));
    ops.push_back(consul::txn_op::remove(own_key()));
  }
  if (!ops.empty()) {
    const consul::txn_result answer =
        co_await client_.write(std::move(ops), now() + client_.config().request_timeout);
    last_error_ = answer.error;
    if (!answer.committed) co_return false;
  }
  named_ = false;
  if (key_too) enrolled_ = false;
  look_again_ = true;
  changed_.notify_all();
  co_return true;
}

}  // namespace tenure::impl
