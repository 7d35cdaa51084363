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
    : io_(io), settings_(s), elections_(io.get_executor(), s.consul, s.options) {
  asio::co_spawn(io, follow(), asio::detached);
}

void many::enter(const std::string& prefix, std::size_t n, const std::string& value) {
  const tenure::candidacy how = settings_.how(value);
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
      const tenure::event what = co_await elections_.next_event();
      on_event(what, now_ns());
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() != tenure::errc::shut_down) throw;
  }
}

void many::on_event(const tenure::event& what, std::int64_t now) {
  for (candidate* other : others_) {
    if (other->key() == what.key) {
      other->on_event(what);
      return;
    }
  }
  std::size_t i = led_.size();
  const char* const end = what.key.data() + what.key.size();
  std::from_chars(what.key.data() + what.key.rfind('/') + 1, end, i);
  if (i >= led_.size()) return;
  if (what.standing == tenure::standing::stopping) give_back(i, what.term);
  const bool leads = what.standing == tenure::standing::leading;
  if (leads != led_[i]) {
    led_[i] = leads;
    leading_ += leads ? 1 : std::size_t{0} - 1;
    if (!leads && ++lost_ % 1000 == 1) {
      say("lost %zu %s", lost_, std::string(to_string(what.reason)).c_str());
    }
    if (leads && leading_ == led_.size()) {
      say("all %zu %lld %lld", leading_, static_cast<long long>(begun_),
          static_cast<long long>(now));
    }
  }
  if (leads || !what.leader.present()) return;
  if (!seen_[i]) {
    seen_[i] = true;
    if (++watching_ == seen_.size()) {
      say("watching %zu %lld %lld", watching_, static_cast<long long>(begun_),
          static_cast<long long>(now));
    }
    return;
  }
  std::int64_t written = 0;
  const std::string& value = what.leader.value;
  std::from_chars(value.data(), value.data() + value.size(), written);
  if (written > 1'000'000'000) latencies_.push_back(now - written);
}

// A machine that stood still for most of a span ends terms. There is no work to stop, so they are
// given back at once, and led again later; `lost` tells of them.
void many::give_back(std::size_t i, const tenure::term& over) {
  tenure::term& last = given_back_[i];
  if (last == over) return;
  last = over;
  asio::co_spawn(io_, resign_later(over), asio::detached);
}

void many::tell_latencies() {
  std::string line = "latencies";
  for (const std::int64_t ns : std::exchange(latencies_, {})) line += ' ' + std::to_string(ns);
  say("%s", line.c_str());
}

asio::awaitable<void> many::leave() {
  const std::int64_t begun = now_ns();
  // Nothing runs in these terms: the work has stopped already.
  for (const tenure::election& e : entered_) {
    asio::co_spawn(io_, resign_later(e.current()), asio::detached);
  }
  co_await elections_.shut_down();
  say("left %lld %lld", static_cast<long long>(begun), static_cast<long long>(now_ns()));
}

}  // namespace subject
