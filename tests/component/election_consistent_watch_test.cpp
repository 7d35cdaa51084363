// What participants watch, read linearizably: what each answer is worth, and how old it can be.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <map>
#include <vector>

#include "election_adversity.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;

class report {
 public:
  bool exists = false;
  bool linearizable = false;
  time_point sent_at{};
  time_point at{};
};

/// Keeps the reports of one key. It acts as a participant: an observer may read stale.
class listener final : public impl::key_watcher {
 public:
  explicit listener(manual_runtime& rt) : rt_(rt) {}
  void on_key_changed(const consul::kv_result& answer) override {
    reports.push_back({answer.entry.has_value(), answer.linearizable, answer.sent_at, rt_.now()});
  }
  void on_watch_error(const error_code&, const std::string&) override {}
  std::vector<report> reports;

 private:
  manual_runtime& rt_;
};

using listeners = std::map<std::string, std::shared_ptr<listener>>;

void watch(election_fixture& b, process& p, listeners& all, const std::string& key) {
  auto fresh = std::make_shared<listener>(b.rt);
  p.engine->shared()->watches.watch(tenure::impl::key_name(key), fresh);
  all[key] = std::move(fresh);
}

std::string name(int i) { return "k/" + std::to_string(1000 + i); }

/// Notes the targets of one process's reads and polls of keys.
class reads_of {
 public:
  explicit reads_of(process& p) : transport_(p.transport) {
    transport_->network = [this](runtime::lane where, const runtime::http_request& r) {
      if (!has(r.target, "/v1/kv/")) return fate();
      targets.push_back(r.target);
      if (where == runtime::lane::polls) polls.push_back(r.target);
      return fate();
    };
  }
  reads_of(const reads_of&) = delete;
  reads_of& operator=(const reads_of&) = delete;
  ~reads_of() { transport_->network = nullptr; }

  std::vector<std::string> targets, polls;

 private:
  std::shared_ptr<handler_transport> transport_;
};

bool is_consistent(const std::string& target) {
  return has(target, "?consistent") || has(target, "&consistent");
}

bool all_consistent(const std::vector<std::string>& targets) {
  return std::ranges::all_of(targets, is_consistent);
}

TEST_CASE("from the next request on, everything that participants watch is read consistently") {
  const int keys = GENERATE(1, 40);
  election_fixture b;
  process& p = b.add();
  listeners all;
  for (int i = 0; i < keys; ++i) watch(b, p, all, name(i));
  b.rt.advance(2s);
  reads_of reads(p);
  p.engine->shared()->watches.read_consistently();
  b.rt.advance(100s);  // polls of 30 s end
  REQUIRE_FALSE(reads.polls.empty());
  CHECK(all_consistent(reads.targets));
  reads.targets.clear();
  watch(b, p, all, "elsewhere");
  b.rt.advance(1s);
  CHECK_FALSE(reads.targets.empty());
  CHECK(all_consistent(reads.targets));
  all.clear();
  b.shut_down();
}

TEST_CASE("an answer that was read consistently says so, with the send time of its request") {
  const int keys = GENERATE(1, 40);
  election_fixture b;
  process& p = b.add();
  for (int i = 0; i < keys; ++i) b.ask("PUT", "/v1/kv/" + name(i), "v");
  p.engine->shared()->watches.read_consistently();
  listeners all;
  for (int i = 0; i < keys; ++i) watch(b, p, all, name(i));
  b.rt.advance(500ms);
  for (const auto& [key, l] : all) {
    REQUIRE(l->reports.size() == 1);
    REQUIRE(l->reports.front().linearizable);
  }
  b.rt.advance(3s);  // a poll is under way, since 3.5 s or a moment less
  b.ask("PUT", "/v1/kv/" + name(0), "w");
  b.rt.run_until_idle();
  REQUIRE(all[name(0)]->reports.size() == 2);
  const report& second = all[name(0)]->reports.back();
  CHECK(second.linearizable);
  CHECK(second.at - second.sent_at >= 3s);
  CHECK(second.sent_at >= all[name(0)]->reports.front().sent_at);
  all.clear();
  b.shut_down();
}

TEST_CASE("without that nothing is linearizable") {
  election_fixture b;
  process& p = b.add();
  listeners all;
  b.ask("PUT", "/v1/kv/" + name(0), "v");
  watch(b, p, all, name(0));
  b.rt.advance(1s);
  REQUIRE(all[name(0)]->reports.size() == 1);
  CHECK_FALSE(all[name(0)]->reports.front().linearizable);
  all.clear();
  b.shut_down();
}

TEST_CASE("a key that a list does not show proves nothing: it may be hidden from the token") {
  election_fixture b;
  process& p = b.add();
  p.engine->shared()->watches.read_consistently();
  listeners all;
  for (int i = 0; i < 40; ++i) watch(b, p, all, name(i));
  b.ask("PUT", "/v1/kv/" + name(0), "v");
  b.rt.advance(40s);
  for (const auto& [key, l] : all) {
    REQUIRE_FALSE(l->reports.empty());
    CHECK(l->reports.back().linearizable == (key == name(0)));
  }
  all.clear();
  b.shut_down();
}

TEST_CASE("observers that may read stale still do so, in ranges that only observers watch") {
  election_fixture b;
  process& p = b.add(elections_options().stale_reads(true));
  p.engine->shared()->watches.read_consistently();
  reads_of reads(p);
  const observer seen = p.elections->observe("seen/leader");
  b.rt.advance(10s);
  REQUIRE_FALSE(reads.targets.empty());
  for (const std::string& target : reads.targets) CHECK(has(target, "stale"));
  b.shut_down();
}

}  // namespace
