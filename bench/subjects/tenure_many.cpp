#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstdio>
#include <tenure/sharded_key.hpp>
#include <utility>

#include "tenure_subject.hpp"

namespace subject {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> resign_later(tenure::term t) { co_await t.resign(); }

}  // namespace

many::many(asio::io_context& io, const settings& s)
    : many(io, s, tenure::elections(io.get_executor(), s.consul, s.options)) {}

many::many(asio::io_context& io, const settings& s, tenure::elections where)
    : io_(io), settings_(s), elections_(std::move(where)) {
  asio::co_spawn(io, follow(), asio::detached);
}

void many::enter(const std::string& prefix, std::size_t n, const std::string& value) {
  const tenure::candidacy how = settings_.candidacy(value);
  led_.assign(n, false);
  seen_.assign(n, false);
  leading_ = watching_ = 0;
  entered_.reserve(entered_.size() + n);
  begun_ = now_ns();
  for (std::size_t i = 0; i < n; ++i) {
    entered_.push_back(elections_.enter(tenure::sharded_key(prefix, std::to_string(i)), how));
    entered_.back().stand();
  }
}

asio::awaitable<void> many::follow() {
  try {
    for (;;) {
      const tenure::event change = co_await elections_.next_event();
      on_event(change, now_ns());
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() != tenure::errc::shut_down) throw;
  }
}

void many::on_event(const tenure::event& change, std::int64_t now) {
  for (candidate* other : others_) {
    if (other->key() == change.key) {
      other->on_event(change);
      return;
    }
  }
  std::size_t i = led_.size();
  const char* const end = change.key.data() + change.key.size();
  std::from_chars(change.key.data() + change.key.rfind('/') + 1, end, i);
  if (i >= led_.size()) return;
  if (change.standing == tenure::standing::stopping) give_back(i, change.term);
  const bool leads = change.standing == tenure::standing::leading;
  if (leads != led_[i]) {
    led_[i] = leads;
    leading_ += leads ? 1 : std::size_t{0} - 1;
    if (!leads && ++lost_ % 1000 == 1) {
      say("lost %zu %s", lost_, std::string(to_string(change.reason)).c_str());
    }
    if (leads && leading_ == led_.size()) {
      say("all %zu %lld %lld", leading_, static_cast<long long>(begun_),
          static_cast<long long>(now));
    }
  }
  if (leads || !change.leader.present()) return;
  if (!seen_[i]) {
    seen_[i] = true;
    if (++watching_ == seen_.size()) {
      say("watching %zu %lld %lld", watching_, static_cast<long long>(begun_),
          static_cast<long long>(now));
    }
    return;
  }
  std::int64_t written = 0;
  const std::string& value = change.leader.value;
  std::from_chars(value.data(), value.data() + value.size(), written);
  if (written > 1'000'000'000) latencies_.push_back(now - written);
}

// Terms end by themselves when the machine pauses for most of a span. They have no work to stop, so
// the key is given back at once and led again later. `lost` reports their number.
void many::give_back(std::size_t i, const tenure::term& over) {
  tenure::term& last = given_back_[i];
  if (last == over) return;
  last = over;
  asio::co_spawn(io_, resign_later(over), asio::detached);
}

void many::report_latencies() {
  std::string line = "latencies";
  for (const std::int64_t ns : std::exchange(latencies_, {})) line += ' ' + std::to_string(ns);
  say("%s", line.c_str());
}

asio::awaitable<void> many::leave() {
  const std::int64_t begun = now_ns();
  // These terms have no work to stop.
  for (const tenure::election& e : entered_) {
    asio::co_spawn(io_, resign_later(e.current()), asio::detached);
  }
  co_await elections_.shut_down();
  say("left %lld %lld", static_cast<long long>(begun), static_cast<long long>(now_ns()));
}

}  // namespace subject
