// The handle of a term: answers from the shared state what other threads may ask, and passes the
// rest to the term's host while that lives.
#include <boost/system/system_error.hpp>
#include <tenure/term.hpp>
#include <utility>

#include "election/term/term_host.hpp"
#include "election/term/term_state.hpp"

namespace tenure {

namespace {

namespace asio = boost::asio;

const std::string none;

using shared_state = std::shared_ptr<impl::term_state>;

std::shared_ptr<impl::term_host> host_of(const shared_state& state) {
  return state ? state->host.lock() : nullptr;
}

end_reason reason_of(const shared_state& state) noexcept {
  return state ? state->reason.load(std::memory_order_acquire) : end_reason::none;
}

[[noreturn]] void fail_not_leading(const shared_state& state) {
  throw boost::system::system_error(errc::not_leading,
                                    "\"" + (state ? state->key.text() : none) + "\"");
}

// What a handle asks of its term's host. The host is looked up when the operation runs, on the
// thread of the io_context: an operation that another thread made and drops must not be the host's
// last owner.

asio::awaitable<void> wait_stop(shared_state state) {
  const auto host = host_of(state);
  if (host) co_await host->wait_stop(std::move(state));
}

asio::awaitable<void> wait_hand_over(shared_state state) {
  const auto host = host_of(state);
  if (host) co_await host->wait_hand_over(std::move(state));
}

asio::awaitable<end_reason> wait_end(shared_state state) {
  const auto host = host_of(state);
  if (!host) co_return reason_of(state);
  const end_reason why = co_await host->wait_end(std::move(state));
  co_return why;
}

asio::awaitable<bool> prove_now(shared_state state) {
  const auto host = host_of(state);
  if (!host) co_return false;
  const bool proven = co_await host->prove(std::move(state));
  co_return proven;
}

asio::awaitable<end_reason> give_up(shared_state state) {
  const auto host = host_of(state);
  if (!host) co_return reason_of(state);
  const end_reason why = co_await host->resign(std::move(state));
  co_return why;
}

asio::awaitable<void> publish(shared_state state, std::string value) {
  const auto host = host_of(state);
  if (!host) fail_not_leading(state);
  co_await host->proclaim(std::move(state), std::move(value));
}

asio::awaitable<void> write_guarded(shared_state state, leader_writes writes) {
  const auto host = host_of(state);
  if (!host) fail_not_leading(state);
  co_await host->write(std::move(state), std::move(writes));
}

leader_writes::entry write_of(leader_writes::kind what, std::string key) {
  return leader_writes::entry(what, std::move(key));
}

}  // namespace

leader_writes& leader_writes::set(std::string key, std::string value, std::uint64_t flags) {
  entry e = write_of(kind::set, std::move(key));
  e.value = std::move(value);
  e.flags = flags;
  entries_.push_back(std::move(e));
  return *this;
}

leader_writes& leader_writes::set_if(std::string key, std::string value, std::uint64_t index,
                                     std::uint64_t flags) {
  entry e = write_of(kind::set_if, std::move(key));
  e.value = std::move(value);
  e.index = index;
  e.flags = flags;
  entries_.push_back(std::move(e));
  return *this;
}

leader_writes& leader_writes::remove(std::string key) {
  entries_.push_back(write_of(kind::remove, std::move(key)));
  return *this;
}

leader_writes& leader_writes::remove_below(std::string prefix) {
  entries_.push_back(write_of(kind::remove_below, std::move(prefix)));
  return *this;
}

term::term(std::shared_ptr<impl::term_state> state) noexcept : state_(std::move(state)) {}

const std::string& term::key() const noexcept { return state_ ? state_->key.text() : none; }
std::uint64_t term::fence() const noexcept { return state_ ? state_->fence : 0; }
std::string term::session() const { return state_ ? state_->session.text() : std::string(); }

bool term::holds() const noexcept { return state_ && state_->holds(); }

bool term::guarantees(duration d) const noexcept {
  if (!state_) return false;
  const time_point until = valid_until();
  return until != time_point::min() && until - state_->clock->now() >= d && state_->holds();
}

time_point term::valid_until() const noexcept {
  return state_ ? impl::term_state::until(state_->valid_until) : time_point::min();
}

time_point term::stop_at() const noexcept {
  return state_ ? impl::term_state::until(state_->stop_at) : time_point::min();
}

end_reason term::reason() const noexcept { return reason_of(state_); }

std::stop_token term::stop_token() const {
  return state_ ? state_->stop_source.token() : impl::lazy_stop_source::requested_token();
}

asio::any_io_executor term::executor() const noexcept {
  const auto executor = state_ ? state_->executor.lock() : nullptr;
  return executor ? *executor : asio::any_io_executor();
}

asio::awaitable<void> term::stop_requested() const { return wait_stop(state_); }
bool term::hand_over_wanted() const noexcept {
  return state_ && state_->hand_over_wanted.load(std::memory_order_acquire);
}

asio::awaitable<void> term::hand_over_requested() const { return wait_hand_over(state_); }
asio::awaitable<end_reason> term::ended() const { return wait_end(state_); }
asio::awaitable<bool> term::prove() { return prove_now(state_); }
asio::awaitable<end_reason> term::resign() { return give_up(state_); }

asio::awaitable<void> term::proclaim(std::string value) {
  return publish(state_, std::move(value));
}

asio::awaitable<void> term::write(leader_writes writes) {
  return write_guarded(state_, std::move(writes));
}

}  // namespace tenure
