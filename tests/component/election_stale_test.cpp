// Observers that read stale, and participants, which never do.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <optional>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

std::string name_of(std::size_t i) { return "service/" + std::to_string(i) + "/leader"; }

elections_options stale_reads() { return elections_options().stale_reads(true); }

bool is_stale(const runtime::http_request& r) {
  return has(r.target, "?stale") || has(r.target, "&stale");
}

/// Notes the reads of keys of one process.
class reads_of {
 public:
  explicit reads_of(process& p) : transport_(p.transport) {
    transport_->network = [this](runtime::lane, const runtime::http_request& r) {
      if (has(r.target, "/v1/kv/")) (is_stale(r) ? stale : plain).push_back(r.target);
      if (has(r.target, "/v1/txn") || has(r.target, "/v1/session/")) CHECK_FALSE(is_stale(r));
      return fate(1ms, 1ms);
    };
  }
  reads_of(const reads_of&) = delete;
  reads_of& operator=(const reads_of&) = delete;
  ~reads_of() { transport_->network = nullptr; }
  void clear() {
    plain.clear();
    stale.clear();
  }

  std::vector<std::string> plain;
  std::vector<std::string> stale;

 private:
  std::shared_ptr<handler_transport> transport_;
};

}  // namespace

TEST_CASE("observers and queries read stale if they may, one by one and by prefix") {
  const std::size_t keys = GENERATE(std::size_t{1}, std::size_t{40});
  election_fixture b;
  process& watches = b.add(stale_reads());
  reads_of reads(watches);
  std::vector<observer> observers;
  for (std::size_t i = 0; i < keys; ++i)
    observers.push_back(watches.elections->observe(name_of(i)));
  running<leader> first(b.rt, observers.front().next());
  b.rt.advance(70s);
  CHECK(first.done());
  b.rt.run(watches.elections->leader_of(name_of(0)));
  b.rt.run(watches.elections->leaders("service/"));
  CHECK(reads.plain.empty());
  CHECK(reads.stale.size() >= 3);

  // It sees a change all the same.
  process& leads = b.add();
  election e = leads.elections->enter(name_of(0), quick());
  running<leader> second(b.rt, observers.front().next());
  const term t = b.lead(e);
  REQUIRE(b.rt.run_until([&] { return second.done(); }, 5s));
  CHECK(second.value().fence == t.fence());
  b.shut_down();
}

TEST_CASE("without the option nothing is read stale") {
  election_fixture b;
  process& watches = b.add();
  reads_of reads(watches);
  const observer seen = watches.elections->observe(name_of(0));
  b.rt.run(watches.elections->leader_of(name_of(0)));
  b.rt.advance(70s);
  CHECK(reads.stale.empty());
  CHECK(reads.plain.size() >= 3);
  b.shut_down();
}

TEST_CASE("a participant never reads stale, nor does an observer beside it") {
  const std::size_t keys = GENERATE(std::size_t{1}, std::size_t{40});
  election_fixture b;
  process& both = b.add(stale_reads());
  reads_of reads(both);
  std::vector<election> entered;
  std::vector<observer> observers;
  for (std::size_t i = 0; i < keys; ++i) {
    entered.push_back(both.elections->enter(name_of(i), quick()));
    observers.push_back(both.elections->observe(name_of(i)));
  }
  const term t = b.lead(entered.front());
  b.rt.advance(70s);
  CHECK(t.holds());
  CHECK(reads.stale.empty());
  b.shut_down();
}

TEST_CASE("the stale answer that is in flight does not reach a participant that enters meanwhile") {
  const std::size_t keys = GENERATE(std::size_t{1}, std::size_t{40});
  election_fixture b;
  process& rival = b.add();
  election held = rival.elections->enter(name_of(0), quick("rival"));
  term before = b.lead(held);
  process& both = b.add(stale_reads());
  reads_of reads(both);
  std::vector<observer> observers;
  for (std::size_t i = 0; i < keys; ++i)
    observers.push_back(both.elections->observe(name_of(i)));
  b.rt.advance(5s);
  election entered = both.elections->enter(name_of(0), quick());
  running<term> campaign(b.rt, entered.campaign());
  b.rt.advance(1s);
  reads.clear();
  // The poll that the observers began answers with the release; what counts is the read after it.
  running<end_reason> over(b.rt, before.resign());
  REQUIRE(b.rt.run_until([&] { return campaign.done(); }, 5s));
  CHECK(campaign.value().holds());
  CHECK_FALSE(reads.plain.empty());
  CHECK(std::ranges::none_of(reads.stale, [](const std::string& target) {
    return has(target, name_of(0)) || has(target, "recurse");
  }));
  b.shut_down();
}

TEST_CASE("an observer goes back to an older leader only if a default read confirms it") {
  const std::size_t keys = GENERATE(std::size_t{1}, std::size_t{40});
  election_fixture b;
  process& watches = b.add(stale_reads());
  std::optional<runtime::http_response> old;
  enum class server : std::uint8_t { records, current, behind, reset } now = server::records;
  watches.transport->observer = [&](const runtime::http_request& r, runtime::http_response& got) {
    if (!has(r.target, keys == 1 ? name_of(0) : "recurse")) return;
    if (now == server::records) old = got;
    if (now == server::reset || (now == server::behind && is_stale(r))) got = old.value();
  };
  std::vector<observer> observers;
  for (std::size_t i = 0; i < keys; ++i)
    observers.push_back(watches.elections->observe(name_of(i)));
  election first = b.add().elections->enter(name_of(0), quick("first"));
  term before = b.lead(first);
  b.rt.advance(10s);
  CHECK(b.rt.run(observers.front().next()).fence == before.fence());
  now = server::current;
  b.rt.run(before.resign());
  election second = b.add().elections->enter(name_of(0), quick("second"));
  const term after = b.lead(second);
  b.rt.advance(10s);
  CHECK(b.rt.run(observers.front().next()).fence == after.fence());

  reads_of reads(watches);
  now = server::behind;
  running<leader> next(b.rt, observers.front().next());
  b.rt.advance(70s);
  CHECK_FALSE(next.done());
  CHECK_FALSE(reads.stale.empty());
  CHECK_FALSE(reads.plain.empty());
  CHECK(reads.plain.size() <= 2 * reads.stale.size());
  now = server::reset;
  REQUIRE(b.rt.run_until([&] { return next.done(); }, 70s));
  CHECK(next.value().fence == before.fence());
  now = server::current;
  b.shut_down();
}

TEST_CASE("a semaphore never reads stale") {
  election_fixture b;
  process& p = b.add(stale_reads());
  reads_of reads(p);
  semaphore s = p.elections->contend("pool/a", 2, quick());
  running<term> slot(b.rt, s.acquire());
  b.rt.advance(70s);
  REQUIRE(slot.done());
  CHECK(slot.value().holds());
  CHECK(reads.stale.empty());
  b.shut_down();
}
