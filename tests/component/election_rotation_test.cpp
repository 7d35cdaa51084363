// Elections while their token is rotated: a new token is in place before the old one is revoked, or
// shortly after. No term ends.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "election_adversity.hpp"
#include "support/scripted_token.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

constexpr std::size_t elections_each = 20;

/// Its lease outlives a few seconds without a token.
candidacy steady(std::string value = "me") {
  return candidacy(std::move(value)).span(10s).ttl(10s).lock_delay(0s);
}

class rotation_fixture : public election_fixture {
 public:
  explicit rotation_fixture(elections_options options = {})
      : source(std::make_shared<scripted_token>("first")),
        leads(add(std::move(options), consul_config().token(source))) {
    leads.transport->network = [this](runtime::lane, const runtime::http_request& request) {
      const std::string token = token_in(request);
      requests.push_back(request);
      return std::ranges::find(revoked, token) == revoked.end() ? fate(1ms, 1ms)
                                                                : fate(mishap::unknown_token);
    };
    for (std::size_t i = 0; i < elections_each; ++i) {
      all.push_back(leads.elections->enter("service/" + std::to_string(i) + "/leader", steady()));
      terms.push_back(lead(all.back()));
    }
  }
  bool all_hold() const {
    return std::ranges::all_of(terms, [](const term& t) { return t.holds(); });
  }
  std::size_t sent_with(const std::string& token, std::string_view target) const {
    return static_cast<std::size_t>(std::ranges::count_if(requests, [&](const auto& r) {
      return token_in(r) == token && has(r.target, target);
    }));
  }
  void end() {
    leads.transport->network = nullptr;
    shut_down();
  }

  std::shared_ptr<scripted_token> source;
  process& leads;
  std::vector<std::string> revoked;
  std::vector<runtime::http_request> requests;
  std::vector<election> all;
  std::vector<term> terms;
};

}  // namespace

TEST_CASE("no term ends when the old token is revoked a second after the new one is in place") {
  rotation_fixture b;
  for (const char* next : {"second", "third"}) {
    b.rt.advance(10s);
    const std::string old = std::exchange(b.source->now, next);
    b.rt.advance(1s);
    b.revoked.push_back(old);
    b.requests.clear();
    b.rt.advance(60s);
    CHECK(b.all_hold());
    CHECK(b.sent_with(old, "") == 0);
    CHECK(b.sent_with(next, "/v1/session/renew/") > 0);
    CHECK(b.sent_with(next, "/v1/txn") > 0);
    CHECK(b.sent_with(next, "/v1/kv/") > 0);
  }
  b.end();
}

TEST_CASE("no term ends when the new token comes two seconds after the old one was revoked") {
  rotation_fixture b;
  b.source->may_come = true;
  b.rt.advance(10s);
  b.revoked.emplace_back("first");
  b.rt.advance(2s);
  b.source->now = "second";
  b.rt.advance(60s);
  CHECK(b.all_hold());
  CHECK_FALSE(b.source->refusals.empty());
  b.end();
}

TEST_CASE("a candidate claims with the new token, and its campaign notices nothing") {
  rotation_fixture b;
  b.source->may_come = true;
  process& rival = b.add();
  election other = rival.elections->enter("service/r/leader", steady("rival"));
  term held = b.lead(other);
  election waits = b.leads.elections->enter("service/r/leader", steady());
  running<term> campaign(b.rt, waits.campaign());
  b.rt.advance(5s);
  b.revoked.emplace_back("first");
  running<end_reason> over(b.rt, held.resign());
  b.rt.advance(1s);
  CHECK_FALSE(campaign.done());
  b.source->now = "second";
  REQUIRE(b.rt.run_until([&] { return campaign.done(); }, 10s));
  CHECK(campaign.value().holds());
  CHECK(b.all_hold());
  b.end();
}

TEST_CASE("the service of the liveness check is registered again with each new token") {
  elections_options lively;
  lively.liveness(1s);
  rotation_fixture b(lively);
  b.rt.advance(5s);
  CHECK(b.sent_with("first", "/v1/agent/service/register") == 1);
  b.source->now = "second";
  b.rt.advance(1s);
  b.revoked.emplace_back("first");
  b.rt.advance(60s);
  CHECK(b.sent_with("second", "/v1/agent/service/register") == 1);
  CHECK(has(b.ask("GET", "/v1/agent/checks").body, "\"Status\":\"passing\""));
  CHECK(b.all_hold());
  b.end();
  CHECK(b.ask("GET", "/v1/agent/services").body == "{}");
}

TEST_CASE("a token that may not register the service costs no term, and one warning") {
  class warnings final : public log_sink {
   public:
    bool enabled(log_level level) const noexcept override { return level >= log_level::warn; }
    void write(log_level, std::string_view message, std::span<const log_field>) noexcept override {
      if (message == "liveness service not registered with the new token") ++count;
    }
    int count = 0;
  };
  const auto log = std::make_shared<warnings>();
  elections_options lively;
  lively.liveness(1s).log(log);
  rotation_fixture b(lively);
  b.source->now = "second";
  b.leads.transport->network = [](runtime::lane, const runtime::http_request& request) {
    return has(request.target, "/v1/agent/service/register") ? fate(mishap::forbidden)
                                                             : fate(1ms, 1ms);
  };
  b.rt.advance(30s);
  CHECK(b.all_hold());
  CHECK(log->count == 1);
  b.end();
}
