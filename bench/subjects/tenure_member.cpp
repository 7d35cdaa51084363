#include "tenure_member.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <tenure/elections.hpp>
#include <tenure/membership.hpp>

namespace subject {

namespace asio = boost::asio;

member::member(asio::io_context& io, const settings& s, const group_settings& g,
               const std::string& group, const std::string& name)
    : io_(io), how_(s.candidacy(name)), elections_(io.get_executor(), s.consul, s.options) {
  if (group.empty()) return;
  tenure::membership joined(name, how_);
  joined.settling_time(g.settling_time).moves_per_second(g.moves_per_second);
  group_ = elections_.join(group, std::move(joined));
}

void member::enter(std::string key, reports how, std::size_t id) {
  entered_.emplace_back(
      group_ ? group_->enter(std::move(key)) : elections_.enter(std::move(key), how_), how, id);
  asio::co_spawn(io_, serve(entered_.back()), asio::detached);
}

/// The body of one term.
class member::body {
 public:
  body(member& m, const one& o) : owner_(&m), of_(&o) {}

  asio::awaitable<void> operator()(tenure::term t) const {
    const running now(*owner_, *of_);
    co_await t.hand_over_requested();
    if (of_->how != reports::at_once) co_return;
    // Its safe point. Meanwhile all members read the pin. In production each member runs on another
    // computer; here one process does the work of all.
    asio::steady_timer pause(owner_->io_, std::chrono::milliseconds(300));
    co_await pause.async_wait(asio::use_awaitable);
  }

 private:
  /// From the first to the last moment of the body, however it ends.
  class running {
   public:
    running(member& m, const one& o) : owner_(m), of_(o) { owner_.began(of_); }
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running() { owner_.ended(of_); }

   private:
    member& owner_;
    const one& of_;
  };

  member* owner_;
  const one* of_;
};

asio::awaitable<void> member::serve(one& served) {
  try {
    for (;;) {
      body next(*this, served);
      co_await served.election.lead(std::move(next));
    }
  } catch (const boost::system::system_error& e) {
    if (e.code() != tenure::errc::shut_down) throw;
  }
}

void member::began(const one& o) {
  last_ = now_ns();
  ++leads_;
  ++begun_;
  if (o.how == reports::at_once) {
    say("leading %zu %lld", o.id, static_cast<long long>(last_));
  } else {
    begins_.emplace_back(o.id, last_);
  }
}

void member::ended(const one& o) {
  last_ = now_ns();
  --leads_;
  if (o.how == reports::at_once) {
    say("releasing %zu %lld", o.id, static_cast<long long>(last_));
  } else {
    ends_.emplace_back(o.id, last_);
  }
}

void member::tell_state() const {
  say("state %zu %zu %lld", leads_, begun_, static_cast<long long>(last_));
}

void member::tell_records() {
  for (auto* records : {&begins_, &ends_}) {
    std::string line = records == &begins_ ? "begins" : "ends";
    for (const auto& [id, when] : std::exchange(*records, {})) {
      line += ' ' + std::to_string(id) + ' ' + std::to_string(when);
    }
    say("%s", line.c_str());
  }
}

asio::awaitable<void> member::leave() {
  const std::int64_t begun = now_ns();
  co_await group_->leave();
  say("left %lld %lld", static_cast<long long>(begun), static_cast<long long>(now_ns()));
}

}  // namespace subject
