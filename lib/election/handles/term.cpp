// The handle of a term: answers from the shared state what other threads may ask, and passes the
// rest to the term's host while that lives.
#include <boost/system/system_error.hpp>
#include <tenure/term.hpp>
#include <utility>

#include "election/term/term_host.hpp"
#include "election/term/term_state.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure {

namespace {

const std::string none;

boost::asio::awaitable<void> nothing() { co_return; }

boost::asio::awaitable<end_reason> just(end_reason reason) { co_return reason; }

boost::asio::awaitable<bool> not_any_more() { co_return false; }

boost::asio::awaitable<void> refused(std::string key) {
  throw boost::system::system_error(errc::not_leading, "\"" + key + "\"");
  co_return;
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

end_reason term::reason() const noexcept {
  return state_ ? state_->reason.load(std::memory_order_acquire) : end_reason::none;
}

// What follows does not depend on this handle: it may be gone before the coroutine begins.

boost::asio::awaitable<void> term::stop_requested() const {
  const auto host = state_ ? state_->host.lock() : nullptr;
  return host ? runtime::keep_alive(host->wait_stop(state_), host) : nothing();
}

boost::asio::awaitable<end_reason> term::ended() const {
  const auto host = state_ ? state_->host.lock() : nullptr;
  return host ? runtime::keep_alive(host->wait_end(state_), host) : just(reason());
}

boost::asio::awaitable<bool> term::prove() {
  const auto host = state_ ? state_->host.lock() : nullptr;
  return host ? runtime::keep_alive(host->prove(state_), host) : not_any_more();
}

boost::asio::awaitable<end_reason> term::resign() {
  const auto host = state_ ? state_->host.lock() : nullptr;
  return host ? runtime::keep_alive(host->resign(state_), host) : just(reason());
}

boost::asio::awaitable<void> term::proclaim(std::string value) {
  const auto host = state_ ? state_->host.lock() : nullptr;
  return host ? runtime::keep_alive(host->proclaim(state_, std::move(value)), host)
                : refused(key());
}

boost::asio::awaitable<void> term::write(leader_writes writes) {
  const auto host = state_ ? state_->host.lock() : nullptr;
  return host ? runtime::keep_alive(host->write(state_, std::move(writes)), host)
                : refused(key());
}

}  // namespace tenure
