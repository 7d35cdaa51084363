// Many elections objects on one set of connections: each leads its elections and notices changes
// within seconds, the connections stay within their budget, and none disturbs another.
#include <algorithm>
#include <boost/asio/detached.hpp>
#include <catch2/catch_test_macros.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "election/connections.hpp"
#include "election/handles/access.hpp"
#include "election_fixture.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;

std::string token_of(std::size_t tenant) { return "token-" + std::to_string(tenant); }
std::string prefix_of(std::size_t tenant) { return "tenant-" + std::to_string(tenant) + "/"; }

std::string token_in(const runtime::http_request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Consul-Token") return value;
  }
  return {};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The work of one election: leads again whenever a term has ended, also after a refusal.
asio::awaitable<void> serve(std::shared_ptr<election> what, runtime::timers* timers) {
  for (;;) {
    error_code refused;
    try {
      auto body = [timers](term) { return runtime::sleep_until(*timers, time_point::max()); };
      co_await what->lead(std::move(body));
    } catch (const boost::system::system_error& error) {
      refused = error.code();
    }
    if (refused == errc::shut_down) co_return;
    if (refused) co_await runtime::sleep_until(*timers, timers->now() + 1s);
  }
}

/// One elections object with its token and its elections.
class tenant {
 public:
  tenant(manual_runtime& rt, std::shared_ptr<impl::connections> shared, std::size_t number,
         std::size_t size, const candidacy& how)
      : engine(std::make_shared<impl::engine>(
            std::move(shared),
            elections_options().access(consul_access().token(token_of(number))))),
        elections(impl::access::elections_of(engine)) {
    timers_ = rt.environment()->timers;
    for (std::size_t i = 0; i < size; ++i) {
      const std::string key = prefix_of(number) + std::to_string(i) + "/leader";
      entered_.push_back(std::make_shared<election>(elections.enter(key, how)));
      asio::co_spawn(rt.executor(), serve(entered_.back(), timers_.get()), asio::detached);
    }
  }

  bool leads_all() const {
    return std::all_of(entered_.begin(), entered_.end(),
                       [](const auto& e) { return e->current().holds(); });
  }
  term first_term() const { return entered_.front()->current(); }
  std::size_t queries() const { return engine->shared()->watches.queries(); }

  std::shared_ptr<impl::engine> engine;
  tenure::elections elections;

 private:
  std::shared_ptr<runtime::timers> timers_;
  std::vector<std::shared_ptr<election>> entered_;
};

class tenants_fixture : public election_fixture {
 public:
  explicit tenants_fixture(std::size_t connections)
      : transport(std::make_shared<handler_transport>(rt.timers(), agent)) {
    auto env = std::make_shared<runtime::environment>(*rt.environment());
    env->transport = transport;
    shared = std::make_shared<impl::connections>(env, consul_config().connections(connections));
    transport->network = [](runtime::lane, const runtime::http_request&) {
      return fate(1ms, 1ms);
    };
  }

  void add_tenants(std::size_t number, std::size_t elections, const candidacy& how) {
    for (std::size_t i = 0; i < number; ++i) {
      all.push_back(std::make_unique<tenant>(rt, shared, all.size(), elections, how));
    }
  }
  bool all_lead() const {
    return std::all_of(all.begin(), all.end(), [](const auto& t) { return t->leads_all(); });
  }
  std::size_t queries() const {
    std::size_t sum = 0;
    for (const auto& t : all) sum += t->queries();
    return sum;
  }
  void end() {
    for (auto& t : all) rt.run(t->elections.shut_down());
    shut_down();
  }

  std::shared_ptr<handler_transport> transport;
  std::shared_ptr<impl::connections> shared;
  std::vector<std::unique_ptr<tenant>> all;
};

candidacy patient(duration span = 60s) {
  return candidacy("me").span(span).ttl(60s).lock_delay(0s);
}

}  // namespace

TEST_CASE("100 tenants on 20 connections lead, and notice changes within seconds") {
  tenants_fixture b(20);  // 14 of them for polls
  b.add_tenants(100, 3, patient());
  REQUIRE(b.rt.run_until([&] { return b.all_lead(); }, 10s));
  b.rt.advance(60s);
  CHECK(b.queries() == 100);
  const std::size_t polls = b.transport->started(runtime::lane::polls);
  const std::size_t others = b.transport->started(runtime::lane::requests);
  b.rt.advance(60s);
  // 86 of them have no slot. They do not list each second.
  CHECK(b.transport->started(runtime::lane::polls) - polls <= 60 * 20);
  CHECK(b.transport->started(runtime::lane::requests) - others <= 60 * 15);
  // The next proofs come in up to 20 s: these changes are for the watch to notice.
  std::vector<term> terms;
  for (std::size_t i = 0; i < 100; ++i) terms.push_back(b.all[i]->first_term());
  for (std::size_t i = 0; i < 100; ++i) b.ask("DELETE", "/v1/kv/" + prefix_of(i) + "0/leader");
  const auto unnoticed = [&] {
    return std::count_if(terms.begin(), terms.end(), [](const term& t) { return t.holds(); });
  };
  b.rt.advance(4s);
  CHECK(unnoticed() < 60);
  b.rt.advance(5s);
  CHECK(unnoticed() == 0);
  CHECK(b.transport->peak(runtime::lane::polls) == 14);
  b.end();
}

TEST_CASE("tenants get equal shares of the polls, and what the others do not need") {
  tenants_fixture b(80);  // 66 of them for polls, of which two stay free
  b.add_tenants(1, 1000, patient());
  b.rt.run_until_idle();
  const std::size_t alone = b.all[0]->queries();
  CHECK(alone > 8);
  b.add_tenants(20, 5, patient());
  b.rt.run_until([&] { return b.all_lead(); }, 30s);
  b.rt.advance(40s);
  CHECK(b.queries() <= 64);
  for (const auto& t : b.all) CHECK(t->queries() >= 1);
  // As tenants go, those that remain get their shares.
  for (std::size_t i = 1; i <= 20; ++i) b.rt.run(b.all[i]->elections.shut_down());
  b.rt.advance(1s);
  CHECK(b.all[0]->queries() == alone);
  CHECK(b.transport->peak(runtime::lane::polls) <= 66);
  b.end();
}

TEST_CASE("each tenant asks with its token") {
  tenants_fixture b(20);
  std::size_t wrong = 0;
  b.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const std::string token = token_in(r);
    if (token.empty()) ++wrong;
    for (std::size_t i = 0; i < 3; ++i) {
      const bool theirs = has(r.target, prefix_of(i)) || has(r.body, prefix_of(i));
      if (theirs && token != token_of(i)) ++wrong;
    }
    return fate(1ms, 1ms);
  };
  b.add_tenants(3, 2, patient());
  REQUIRE(b.rt.run_until([&] { return b.all_lead(); }, 10s));
  b.rt.advance(120s);
  b.end();
  CHECK(wrong == 0);
}

TEST_CASE("a revoked token ends the terms of its tenant, which leads again when it is valid") {
  tenants_fixture b(20);
  bool revoked = false;
  b.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (revoked && token_in(r) == token_of(7)) return fate(mishap::forbidden);
    return fate(1ms, 1ms);
  };
  b.add_tenants(30, 3, patient(15s));
  REQUIRE(b.rt.run_until([&] { return b.all_lead(); }, 10s));
  std::vector<term> terms;
  for (const auto& t : b.all) terms.push_back(t->first_term());
  revoked = true;
  b.rt.advance(16s);
  for (std::size_t i = 0; i < 30; ++i) CHECK(terms[i].holds() == (i != 7));
  b.rt.advance(120s);
  for (std::size_t i = 0; i < 30; ++i) CHECK(terms[i].holds() == (i != 7));
  revoked = false;
  CHECK(b.rt.run_until([&] { return b.all[7]->leads_all(); }, 150s));
  for (std::size_t i = 0; i < 30; ++i) CHECK(terms[i].holds() == (i != 7));
  b.end();
}

TEST_CASE("claims of a transaction that was too large go again without waiting for others") {
  tenants_fixture b(20);
  b.add_tenants(2, 40, patient());  // 80 operations each, and this server takes 64
  CHECK(b.rt.run_until([&] { return b.all_lead(); }, 5s));
  b.end();
}

TEST_CASE("a tenant with thousands of claims does not hold up another") {
  tenants_fixture b(20);
  b.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(50ms, 50ms);
  };
  b.add_tenants(1, 3000, patient());
  b.rt.advance(1s);  // it has its session and a list, and claims now
  REQUIRE_FALSE(b.all[0]->leads_all());
  b.add_tenants(1, 2, patient());
  CHECK(b.rt.run_until([&] { return b.all[1]->leads_all(); }, 2s));
  CHECK_FALSE(b.all[0]->leads_all());
  b.end();
}

TEST_CASE("the proofs of many tenants take turns, and renewals do not wait for all of them") {
  tenants_fixture b(80);  // 4 of them for renewals and proofs
  b.add_tenants(50, 100, patient(15s));
  REQUIRE(b.rt.run_until([&] { return b.all_lead(); }, 30s));
  b.transport->network = [](runtime::lane where, const runtime::http_request&) {
    return where == runtime::lane::renewals ? fate(20ms, 20ms) : fate(1ms, 1ms);
  };
  b.rt.advance(60s);
  CHECK(b.all_lead());
  // 5 proofs at a time, and the renewals of all.
  CHECK(b.transport->peak(runtime::lane::renewals) <= 5 + 50);
  b.end();
}

TEST_CASE("a tenant that shuts down, and one that is destroyed, leave the others alone") {
  tenants_fixture b(20);
  b.add_tenants(40, 3, patient());
  REQUIRE(b.rt.run_until([&] { return b.all_lead(); }, 10s));
  std::vector<term> terms;
  for (const auto& t : b.all) terms.push_back(t->first_term());
  b.rt.run(b.all[39]->elections.shut_down());
  b.all.pop_back();
  b.all.pop_back();  // shuts down in the background
  b.rt.advance(120s);
  for (std::size_t i = 0; i < 38; ++i) CHECK(terms[i].holds());
  CHECK_FALSE(terms[38].holds());
  CHECK_FALSE(terms[39].holds());
  CHECK_FALSE(has(b.key(prefix_of(38) + "0/leader"), "Session"));
  b.add_tenants(1, 3, patient());
  CHECK(b.rt.run_until([&] { return b.all_lead(); }, 70s));
  b.end();
}
