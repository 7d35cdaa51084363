#include "election/term/term_host.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <tenure/candidacy.hpp>
#include <utility>

#include "core/util/invariant.hpp"
#include "election/context.hpp"
#include "election/errors.hpp"
#include "election/handles/access.hpp"
#include "election/term/guarded_writes.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/metering.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

/// What became of a proclaim whose caller may wait for it no longer.
struct term_host::proclaim_result {
  bool done = false;
  std::exception_ptr thrown;
};

/// Counts a write or a proclaim of a term for as long as it lives.
class term_host::counted {
 public:
  counted(std::shared_ptr<term_state> whose, std::uint32_t term_state::*count,
          runtime::async_condition& changed)
      : whose_(std::move(whose)), count_(count), changed_(changed) {
    ++(*whose_.*count_);
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() {
    --(*whose_.*count_);
    changed_.notify_all();
  }

 private:
  std::shared_ptr<term_state> whose_;
  std::uint32_t term_state::*count_;
  runtime::async_condition& changed_;
};

/// Marks a term as proclaiming for as long as it lives.
class term_host::proclaim_turn {
 public:
  proclaim_turn(std::shared_ptr<term_state> whose, runtime::async_condition& changed)
      : whose_(std::move(whose)), changed_(changed) {
    core::must(!whose_->proclaiming && whose_->writes == 0, "a proclaim has its term to itself",
               [this] {
                 return "election " + whose_->key.text() + ", fence " +
                        std::to_string(whose_->fence) + ", " + std::to_string(whose_->writes) +
                        " writes under way";
               });
    whose_->proclaiming = true;
  }
  proclaim_turn(const proclaim_turn&) = delete;
  proclaim_turn& operator=(const proclaim_turn&) = delete;
  ~proclaim_turn() {
    whose_->proclaiming = false;
    changed_.notify_all();
  }

 private:
  std::shared_ptr<term_state> whose_;
  runtime::async_condition& changed_;
};

/// Requests stop of a term's tokens when it is called, or at the latest when it is dropped: an
/// io_context that is destroyed drops what it has not run.
class term_host::stop_request {
 public:
  explicit stop_request(std::shared_ptr<term_state> which) noexcept : which_(std::move(which)) {}
  stop_request(stop_request&&) noexcept = default;
  stop_request& operator=(stop_request&&) = delete;
  ~stop_request() { (*this)(); }
  void operator()() noexcept {
    if (which_) which_->stop_source.request();
    which_.reset();
  }

 private:
  std::shared_ptr<term_state> which_;
};

term_host::~term_host() {
  if (term_) term_->stop_source.request();
}

const asio::any_io_executor& term_host::executor() const noexcept {
  return shared().env->executor;
}

// -- the term's life -----------------------------------------------------------------------------

term term_host::current() const noexcept {
  return lease().working() ? access::term_of(term_) : term();
}

void term_host::begin_term(const key_name& key, const core::session_id& session,
                           std::uint64_t fence) {
  core::must(!term_ || over(term_), "a term begins after the end of the last one",
             [this] { return describe(); });
  core::must(fence != 0 && !session.empty(), "a term has a fence and a session",
             [this] { return describe(); });
  term_ = runtime::make_in_slab<term_state>(key, session, fence, shared().env->clock,
                                            std::weak_ptr<term_host>(host()), shared().executor);
  publish_lease();
  runtime::count(*shared().env, metric::terms_begun);
}

void term_host::publish_lease() noexcept {
  core::must(lease().stop_at() <= lease().lease_end(), "the work stops before the lease ends",
             [this] { return describe(); });
  term_->open(lease().lease_end(), lease().stop_at());
}

// In a turn of the event loop that is not ours: the callbacks are user code, which may destroy any
// handle.
void term_host::request_stop_tokens() {
  if (!term_->stop_source.request_if_unused()) asio::post(executor(), stop_request(term_));
}

void term_host::stop_work() {
  log(log_level::info, "stop requested");
  body_.stop();
  request_stop_tokens();
}

void term_host::end_term() {
  const end_reason why = lease().reason();
  core::must(term_ && !over(term_) && why != end_reason::none,
             "a term ends once, for a reason", [this] { return describe(); });
  term_->close();
  term_->hand_over_wanted.store(false, std::memory_order_release);
  term_->reason.store(why, std::memory_order_release);
  request_stop_tokens();
  runtime::count(*shared().env, terms_ended(why));
  const bool planned = why == end_reason::resigned || why == end_reason::handed_over ||
                       why == end_reason::shut_down;
  log(planned ? log_level::info : log_level::warn, "term ended");
}

void term_host::leave_work() {
  if (!body_.at_work() && lease().working()) work_stopped();
}

void term_host::check_not_over(const std::shared_ptr<term_state>& which) const {
  if (over(which)) fail(errc::not_leading, "\"" + which->key.text() + "\"");
}

// -- waiting -------------------------------------------------------------------------------------

asio::awaitable<void> term_host::wait_stop(std::shared_ptr<term_state> which) {
  while (!must_stop(which)) co_await changed_.wait();
}

asio::awaitable<void> term_host::wait_hand_over(std::shared_ptr<term_state> which) {
  while (!which->hand_over_wanted && !must_stop(which)) co_await changed_.wait();
}

asio::awaitable<end_reason> term_host::wait_end(std::shared_ptr<term_state> which) {
  while (which->reason == end_reason::none) co_await changed_.wait();
  co_return which->reason.load();
}

// A proof that is in flight may have been sent before; the next one follows it at once.
asio::awaitable<bool> term_host::prove(std::shared_ptr<term_state> which) {
  const time_point asked = shared().now();
  if (!over(which)) want_proof(asked);
  while (!over(which) && lease().proven_at() < asked) co_await changed_.wait();
  co_return !over(which);
}

asio::awaitable<void> term_host::wait_released(std::shared_ptr<term_state> which) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (term_ == which && lease().working()) work_stopped();
  const time_point give_up = shared().now() + shared().request_timeout();
  bool waiting = true;
  while (waiting) {
    const bool ended = which->reason != end_reason::none;
    waiting = !(ended && released(which)) && shared().now() < give_up;
    if (waiting) co_await changed_.wait(give_up);
  }
}

asio::awaitable<end_reason> term_host::resign(std::shared_ptr<term_state> which) {
  auto release = wait_released(which);
  co_await asio::co_spawn(shared().env->executor, std::move(release), asio::use_awaitable);
  co_return which->reason.load();
}

// -- writing: many writes at a time; a proclaim alone, and not while a proof is in flight --------

asio::awaitable<void> term_host::wait_to_write(std::shared_ptr<term_state> which) {
  while (!over(which) && which->proclaims > 0) co_await changed_.wait();
  check_not_over(which);
}

asio::awaitable<void> term_host::wait_to_proclaim(std::shared_ptr<term_state> which) {
  while (!over(which) &&
         (which->proclaiming || which->writes > 0 || lease().proof_inflight())) {
    co_await changed_.wait();
  }
  check_not_over(which);
}

asio::awaitable<request_turns::turn> term_host::connection_for(std::shared_ptr<term_state> which,
                                                             time_point deadline) {
  const std::shared_ptr<request_turns> writes = shared().connections->writes;
  const bool given = co_await writes->take(deadline);
  if (!given) {
    fail(consul_errc::timed_out, "not sent: other writes took all connections for requests");
  }
  request_turns::turn mine(writes);
  check_not_over(which);
  co_return std::move(mine);
}

asio::awaitable<void> term_host::proclaim(std::shared_ptr<term_state> which, std::string value) {
  const auto result = std::make_shared<proclaim_result>();
  auto proclaiming = proclaim_in_turn(which, std::move(value), result);
  shared().tasks.spawn(runtime::keep_alive(std::move(proclaiming), host()));
  while (!result->done && which->reason == end_reason::none) co_await changed_.wait();
  if (!result->done) fail(errc::not_leading, "\"" + which->key.text() + "\"");
  if (result->thrown) std::rethrow_exception(result->thrown);
}

asio::awaitable<void> term_host::proclaim_in_turn(std::shared_ptr<term_state> which,
                                                  std::string value,
                                                  std::shared_ptr<proclaim_result> result) {
  try {
    if (value.empty() || value.size() > candidacy::most_value) {
      fail(errc::bad_argument, "a value to proclaim has 1 to 384000 bytes, not " +
                                   std::to_string(value.size()));
    }
    const counted waiting(which, &term_state::proclaims, changed_);
    co_await wait_to_proclaim(which);
    const proclaim_turn mine(which, changed_);
    co_await proclaim_now(which, std::move(value));
  } catch (...) {
    result->thrown = std::current_exception();
  }
  result->done = true;
  changed_.notify_all();
}

asio::awaitable<void> term_host::write(std::shared_ptr<term_state> which, leader_writes writes) {
  check_count(writes);
  for (const leader_writes::entry& e : writes.entries()) check_write(e);
  co_await wait_to_write(which);
  const counted mine(which, &term_state::writes, changed_);
  co_await write_now(which, std::move(writes));
}

}  // namespace tenure::impl
