// How a tenant follows what operators ask for: whom it tells, and how often it asks Consul.
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <vector>

#include "cron_term_fixture.hpp"
#include "tenure-cron/term/control_watch.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

using names = std::set<std::string>;

const cron::ledger_keys keys("cron");

class control_stage {
 public:
  control_stage()
      : replica(f.add("p1", {})),
        watch(replica.process.elections->kv(), keys, *replica.loop.timers()) {
    replica.process.transport->network = [this](runtime::lane, const runtime::http_request& q) {
      if (q.target.starts_with("/v1/kv/" + keys.control())) ++polls;
      return fate();
    };
    asio::co_spawn(replica.loop.executor(),
                   watch.follow([this](const names& jobs) { news.push_back(jobs); }),
                   asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    f.rt.advance(2s);
  }
  ~control_stage() {
    cancel.emit(asio::cancellation_type::terminal);
    f.rt.run_until_idle();
    replica.process.transport->network = nullptr;
  }
  void put(const std::string& key, const std::string& job) {
    cron::operator_note note;
    note.job = job;
    f.ask("PUT", key, cron::to_json(note));
    f.rt.advance(1s);
  }
  void remove(const std::string& key) {
    f.ask("DELETE", key);
    f.rt.advance(1s);
  }

  cron_fixture f;
  cron_replica& replica;
  cron::control_watch watch;
  std::vector<names> news;
  std::size_t polls = 0;
  asio::cancellation_signal cancel;
};

}  // namespace

TEST_CASE("what operators ask for is told once, with the names of the jobs") {
  control_stage s;
  CHECK(s.news.empty());
  s.put(keys.paused("a"), "a");
  CHECK(s.watch.state().is_paused("a"));
  s.put(keys.request("one"), "b");
  CHECK(s.watch.state().orders.size() == 1);
  s.put("cron/jobs/a", "a");
  s.put(keys.control() + "else", "a");
  s.put(keys.request("one"), "c");
  s.remove(keys.paused("a"));
  s.remove(keys.request("one"));
  CHECK_FALSE(s.watch.state().is_paused("a"));
  CHECK(s.news == std::vector<names>{{"a"}, {"b"}, {"b", "c"}, {"a"}, {"c"}});
}

TEST_CASE("while operators ask for nothing, other writes make few polls and no news") {
  control_stage s;
  s.polls = 0;
  for (int i = 0; i < 1000; ++i) {
    s.f.ask("PUT", "other/" + std::to_string(i));
    s.f.rt.advance(10ms);
  }
  CHECK(s.polls > 5);  // as Consul, the agent wakes polls on an empty prefix
  CHECK(s.polls <= 21);
  CHECK(s.news.empty());
}

TEST_CASE("orders that come all the time are told together, after growing pauses") {
  control_stage s;
  cron::operator_note note;
  note.job = "a";
  const auto order = [&](int i) {
    s.f.ask("PUT", keys.request(std::to_string(i)), cron::to_json(note));
    s.f.rt.advance(10ms);
  };
  for (int i = 0; i < 10; ++i) order(i);
  s.f.rt.advance(100ms);
  CHECK(s.watch.state().orders.size() == 10);
  s.polls = 0;
  for (int i = 10; i < 2000; ++i) order(i);
  CHECK(s.polls > 20);
  CHECK(s.polls < 45);
  s.f.rt.advance(4s);
  CHECK(s.watch.state().orders.size() == 2000);
}
