// Promises: how they are made, and how they are kept.
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "runtime/async_condition.hpp"
#include "sidecar/control.hpp"
#include "sidecar/promise.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Who asks does not wait longer than this for Consul.
constexpr duration patience = 5s;
constexpr duration look_again = 50ms;

/// Cancels what it is given to when its time is over.
class alarm : public runtime::timer {
 public:
  alarm(runtime::timers& timers, asio::cancellation_signal& signal, time_point at)
      : runtime::timer([](runtime::timer& t) noexcept {
          static_cast<alarm&>(t).signal_.emit(asio::cancellation_type::terminal);
        }),
        timers_(timers),
        signal_(signal) {
    timers_.arm(*this, at);
  }
  ~alarm() { timers_.disarm(*this); }

 private:
  runtime::timers& timers_;
  asio::cancellation_signal& signal_;
};

}  // namespace

governed::governed(standing_election& election, const election_terms& terms, duration guarantee,
                   std::shared_ptr<runtime::timers> timers)
    : election_(election),
      how_(terms.how),
      guarantee_(guarantee),
      timers_(std::move(timers)) {}

std::string governed::too_far(duration ahead) const { return cannot_promise(ahead, how_); }

asio::awaitable<bool> governed::is_leader(duration ahead) {
  term t = election_.handle().current();
  const auto leading = [&] { return election_.handle().standing() == standing::leading; };
  if (!t || !leading()) co_return false;
  if (!t.guarantees(ahead)) {
    asio::cancellation_signal enough;
    const alarm limit(*timers_, enough, timers_->now() + patience);
    auto executor = co_await asio::this_coro::executor;
    auto proving = t.prove();
    try {
      co_await asio::co_spawn(executor, std::move(proving),
                              asio::bind_cancellation_slot(enough.slot(), asio::use_awaitable));
    } catch (const boost::system::system_error&) {
      // No answer in time: as good as none.
    }
  }
  if (!leading() || !t.guarantees(ahead)) co_return false;
  promised_until_ = std::max(promised_until_, timers_->now() + ahead);
  co_return true;
}

// The key is let go only when this has returned. A term that was lost needs no waiting: whoever
// succeeds waits a span.
asio::awaitable<void> governed::lead(term t) {
  try {
    co_await runtime::sleep_until(*timers_, time_point::max());
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  while (t.reason() == end_reason::none && timers_->now() < promised_until_) {
    const time_point at = std::min(promised_until_, timers_->now() + look_again);
    co_await runtime::sleep_until(*timers_, at);
  }
  promised_until_ = time_point::min();
}

}  // namespace tenure::sidecar
