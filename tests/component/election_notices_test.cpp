// Notices of hand-overs, and keys that are handed to a process that has not entered them.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <vector>

#include "core/group/hand_over_notice.hpp"
#include "election/acquisition/recipient_ops.hpp"
#include "election/group/hand_over_notices.hpp"
#include "election_adversity.hpp"
#include "open_notices.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;

/// Keeps what a participant would learn of one key.
class listener final : public impl::key_watcher {
 public:
  void on_key_changed(const consul::kv_result& answer) override { reports.push_back(answer); }
  void on_watch_error(const error_code&, const std::string&) override {}
  bool on_notice(const consul::kv_result& answer, std::uint64_t guard) override {
    if (!reports.empty() && reports.back().entry->modify_index != guard) return false;
    reports.push_back(answer);
    return true;
  }
  bool is_participant() const noexcept override { return true; }
  std::vector<consul::kv_result> reports;
};

std::shared_ptr<listener> watch(process& p, const std::string& key) {
  auto fresh = std::make_shared<listener>();
  p.engine->shared()->watches.watch(tenure::impl::key_name(key), fresh);
  return fresh;
}

std::string session(election_fixture& b) {
  const std::string body = b.ask("PUT", "/v1/session/create", "{}").body;
  const std::size_t begin = body.find("\"ID\":\"") + 6;
  return body.substr(begin, body.find('"', begin) - begin);
}

bool held(election_fixture& b, const std::string& key) { return has(b.key(key), "\"Session\""); }

candidacy how() { return candidacy("mine").span(15s); }

/// A process that polls no keys but those of its notices: its polls of keys get no answer.
void deafen(process& p) {
  p.transport->network = [](runtime::lane where, const runtime::http_request& r) {
    const bool key = where == runtime::lane::polls && !has(r.target, "/handed/");
    return fate(key ? mishap::silent_before : mishap::none);
  };
}

/// Hands keys over as another member does.
class giver {
 public:
  giver(election_fixture& b, process& p, std::string to)
      : b_(b), client_(p.engine->shared()->client), from_(session(b)), to_(std::move(to)) {}

  void take(const std::string& key) {
    REQUIRE(has(b_.ask("PUT", "/v1/kv/" + key + "?acquire=" + from_, "theirs").body, "true"));
  }
  bool give(const std::vector<std::string>& keys) {
    std::vector<consul::txn_op> ops;
    impl::recipients_of_batch recipients;
    for (const std::string& key : keys) {
      impl::lock_op op(impl::lock_op::kind::release,
                       consul::txn_op::unlock(key, from_, "", consul::lock_flags));
      op.then = consul::txn_op::lock(key, to_, "mine", consul::lock_flags);
      const consul::kv_result now = read(key);
      op.guard = consul::txn_op::check_index(key, now.entry->modify_index);
      op.note = impl::hand_over_note{.prefix = impl::notices_prefix("g", to_),
                                     .create_index = now.entry->create_index,
                                     .lock_index = now.entry->lock_index + 1};
      ops.push_back(*op.guard);
      ops.push_back(op.act);
      ops.push_back(*op.then);
      recipients.add(op);
    }
    recipients.append_notices(ops, writer_);
    return b_.rt.run(client_.write(std::move(ops), b_.rt.now() + 5s)).committed;
  }
  consul::kv_result read(const std::string& key) {
    return b_.rt.run(client_.get(key, consul::consistency::consistent));
  }

 private:
  election_fixture& b_;
  consul::client& client_;
  impl::notice_writer writer_;
  std::string from_, to_;
};

TEST_CASE("a notice shows what a read of the key would have shown") {
  election_fixture b;
  process& p = b.add();
  process& other = b.add();
  const std::string to = session(b);
  giver g(b, other, to);
  g.take("k/1");
  g.take("k/2");
  impl::hand_over_notices notices(p.engine->shared(), "g", how());
  const auto first = watch(p, "k/1");
  const auto second = watch(p, "k/2");
  b.rt.advance(1s);
  deafen(p);
  open_notices(b, notices, to);
  b.rt.advance(40s);  // the polls of the keys that had begun have ended
  REQUIRE(first->reports.size() == 1);
  const time_point before = b.rt.now();
  REQUIRE(g.give({"k/1", "k/2"}));
  b.rt.run_until_idle();
  REQUIRE(first->reports.size() == 2);
  REQUIRE(second->reports.size() == 2);
  const consul::kv_result& seen = first->reports.back();
  const consul::kv_result real = g.read("k/1");
  CHECK(seen.linearizable);
  REQUIRE(seen.entry);
  CHECK(seen.entry->session == to);
  CHECK(seen.entry->value == "mine");
  CHECK(seen.entry->flags == real.entry->flags);
  CHECK(seen.entry->create_index == real.entry->create_index);
  CHECK(seen.entry->modify_index == real.entry->modify_index);
  CHECK(seen.entry->lock_index == real.entry->lock_index);
  CHECK(seen.sent_at < before);
  CHECK(before - seen.sent_at <= how().span() / 2);
  b.shut_down();
}

TEST_CASE("the proof is the send time of the last poll that did not show the notice") {
  election_fixture b;
  process& p = b.add();
  process& other = b.add();
  const std::string to = session(b);
  giver g(b, other, to);
  g.take("k/1");
  impl::hand_over_notices notices(p.engine->shared(), "g", how());
  const auto first = watch(p, "k/1");
  b.rt.advance(1s);
  // Each request of the process arrives half a second late, and so does each answer.
  p.transport->network = [&](runtime::lane where, const runtime::http_request& r) {
    const bool key = where == runtime::lane::polls && !has(r.target, "/handed/");
    return key ? fate(mishap::silent_before) : fate(500ms, 500ms);
  };
  open_notices(b, notices, to);
  b.rt.advance(35s);
  std::vector<time_point> sent;
  p.transport->network = [&](runtime::lane where, const runtime::http_request& r) {
    const bool notice = has(r.target, "/handed/");
    if (where == runtime::lane::polls && !notice) return fate(mishap::silent_before);
    if (notice) sent.push_back(b.rt.now());
    return fate(500ms, 500ms);
  };
  REQUIRE(b.rt.run_until([&] { return sent.size() == 2; }, 20s));
  b.rt.advance(100ms);  // this request has not arrived yet
  const time_point shown_by = sent.back();
  REQUIRE(g.give({"k/1"}));
  REQUIRE(b.rt.run_until([&] { return first->reports.size() == 2; }, 5s));
  CHECK(first->reports.back().sent_at == sent.front());
  CHECK(sent.front() < shown_by);
  b.shut_down();
}

TEST_CASE("notices that were there before are none") {
  election_fixture b;
  process& p = b.add();
  process& other = b.add();
  const std::string to = session(b);
  giver g(b, other, to);
  g.take("k/1");
  REQUIRE(g.give({"k/1"}));
  const auto first = watch(p, "k/1");
  b.rt.advance(1s);
  REQUIRE(first->reports.size() == 1);
  b.ask("DELETE", "/v1/kv/k/1");
  b.rt.advance(1s);
  const std::size_t reports = first->reports.size();
  impl::hand_over_notices notices(p.engine->shared(), "g", how());
  open_notices(b, notices, to);
  b.rt.advance(20s);
  CHECK(first->reports.size() == reports);
  b.shut_down();
}

TEST_CASE("more notices than a poll can keep up with are all found") {
  election_fixture b;
  process& p = b.add();
  process& other = b.add();
  const std::string to = session(b);
  giver g(b, other, to);
  std::vector<std::shared_ptr<listener>> all;
  for (int i = 0; i < 8; ++i) {
    g.take("k/" + std::to_string(i));
    all.push_back(watch(p, "k/" + std::to_string(i)));
  }
  impl::hand_over_notices notices(p.engine->shared(), "g", how());
  b.rt.advance(1s);
  deafen(p);
  open_notices(b, notices, to);
  b.rt.advance(40s);
  p.transport->network = [](runtime::lane where, const runtime::http_request& r) {
    const bool key = where == runtime::lane::polls && !has(r.target, "/handed/");
    return key ? fate(mishap::silent_before) : fate(5ms, 500ms);
  };
  for (int i = 0; i < 8; ++i) REQUIRE(g.give({"k/" + std::to_string(i)}));
  b.rt.advance(2s);
  for (const auto& one : all) CHECK(one->reports.size() == 2);
  b.shut_down();
}

TEST_CASE("with another session the process watches other notices, and none at the end") {
  election_fixture b;
  process& p = b.add();
  const std::string one = session(b);
  const std::string two = session(b);
  impl::hand_over_notices notices(p.engine->shared(), "g", how());
  open_notices(b, notices, one);
  b.rt.advance(1s);
  CHECK_FALSE(b.key("g/handed/" + one + "/").empty());
  open_notices(b, notices, two);
  b.rt.advance(10s);
  CHECK(p.transport->in_flight(runtime::lane::polls) == 1);
  CHECK_FALSE(b.key("g/handed/" + two + "/").empty());
  notices.close();
  b.rt.advance(10s);
  CHECK(p.transport->in_flight(runtime::lane::polls) == 0);
  b.shut_down();
}

// -- keys without a participant ------------------------------------------------------------------

TEST_CASE("a key that was handed over and not entered is released after a second") {
  election_fixture b;
  process& p = b.add();
  process& other = b.add();
  const std::string to = session(b);
  giver g(b, other, to);
  std::vector<std::shared_ptr<listener>> all;
  for (int i = 0; i < 40; ++i) all.push_back(watch(p, "k/" + std::to_string(i)));
  p.engine->shared()->unwanted.add_session(to);
  g.take("k/new");
  g.take("k/entered");
  b.ask("PUT", "/v1/kv/k/" + to + "?acquire=" + to, "named after its session");
  REQUIRE(g.give({"k/new", "k/entered"}));
  b.rt.advance(500ms);
  const auto entered = watch(p, "k/entered");
  b.rt.advance(400ms);
  CHECK(held(b, "k/new"));
  b.rt.advance(2s);
  CHECK_FALSE(held(b, "k/new"));
  CHECK_FALSE(g.read("k/new").entry->value.empty());
  CHECK(held(b, "k/entered"));
  CHECK(held(b, "k/" + to));
  b.shut_down();
}

TEST_CASE("a notice finds such a key where this process watches nothing") {
  election_fixture b;
  process& p = b.add();
  process& other = b.add();
  const std::string to = session(b);
  giver g(b, other, to);
  p.engine->shared()->unwanted.add_session(to);
  impl::hand_over_notices notices(p.engine->shared(), "g", how());
  open_notices(b, notices, to);
  b.rt.advance(1s);
  g.take("far/away");
  REQUIRE(g.give({"far/away"}));
  b.rt.advance(3s);
  CHECK_FALSE(held(b, "far/away"));
  b.shut_down();
}

TEST_CASE("a key that a participant with another session finds held is released") {
  election_fixture b;
  process& p = b.add();
  process& other = b.add();
  const std::string to = session(b);
  giver g(b, other, to);
  std::vector<std::shared_ptr<listener>> all;
  for (int i = 0; i < 40; ++i) all.push_back(watch(p, "k/" + std::to_string(i)));
  impl::unwanted_keys& unwanted = p.engine->shared()->unwanted;
  unwanted.add_session(to);
  g.take("k/new");
  REQUIRE(g.give({"k/new"}));
  SECTION("seen before without a participant") { b.rt.advance(500ms); }
  SECTION("overwritten by an operator, which keeps the lock") {
    b.ask("PUT", "/v1/kv/k/new", "oops");
  }
  SECTION("overwritten while its release gets no answer") {
    p.transport->network = [first = true](runtime::lane, const runtime::http_request& r) mutable {
      const bool lost = has(r.body, "\"unlock\"") && std::exchange(first, false);
      return lost ? fate(mishap::silent_before) : fate();
    };
    unwanted.on_other_hold(*g.read("k/new").entry);
    b.rt.advance(2s);
    b.ask("PUT", "/v1/kv/k/new", "oops");
  }
  const auto entered = watch(p, "k/new");
  unwanted.on_other_hold(*g.read("k/new").entry);
  b.rt.advance(30s);
  CHECK_FALSE(held(b, "k/new"));
  b.shut_down();
}

TEST_CASE("a key that the program locks for itself stays locked") {
  election_fixture b;
  process& p = b.add();
  const std::string own = session(b);
  std::vector<std::shared_ptr<listener>> all;
  for (int i = 0; i < 40; ++i) all.push_back(watch(p, "k/" + std::to_string(i)));
  p.engine->shared()->unwanted.add_session(own);
  b.ask("PUT", "/v1/kv/k/data?acquire=" + own, "the program's");
  b.rt.advance(5s);
  CHECK(held(b, "k/data"));
  b.shut_down();
}

// -- texts ---------------------------------------------------------------------------------------

TEST_CASE("the text of a notice is read as it was written") {
  const std::vector<core::handed_key> keys{{"a/b c", 13, 12, 1},
                                           {"with\nline\n1 2 3 x", 8, 7, 99}};
  CHECK(core::parse_notice(core::notice_text(keys)) == keys);
  CHECK(core::parse_notice("")->empty());
  for (const char* bad : {"0 1 2 3", "0 1 2 3 ab\n", "0 1 2 3 abcd\n", "0 x 2 1 a\n",
                          "0 1 2 1 a\n1", "\n"}) {
    CHECK_FALSE(core::parse_notice(bad));
  }
}

TEST_CASE("a transaction has one check and one notice for each recipient") {
  impl::recipients_of_batch recipients;
  const auto add = [&](const std::string& key, const std::string& to) {
    impl::lock_op op(impl::lock_op::kind::release, consul::txn_op::unlock(key, "a", "", 0));
    if (!to.empty()) {
      op.then = consul::txn_op::lock(key, to, "", 0);
      op.member_key = "g/members/" + to;
      op.note = impl::hand_over_note{.prefix = "g/handed/" + to + "/", .create_index = 3};
    }
    recipients.add(op);
  };
  add("k/1", "b");
  add("k/2", "c");
  add("k/3", "b");
  add("k/4", "");
  std::vector<consul::txn_op> ops;
  recipients.append_checks(ops);
  REQUIRE(ops.size() == 2);
  CHECK(ops[1].key == "g/members/c");
  CHECK(ops[1].session == "c");
  impl::notice_writer writer;
  recipients.append_notices(ops, writer);
  REQUIRE(ops.size() == 6);
  CHECK(ops.size() == recipients.operations());
  CHECK(ops[2].key == "g/handed/b/a.0");
  CHECK(core::parse_notice(ops[2].value)->size() == 2);
  CHECK(ops[3].key == "g/handed/b/a.0.seal");
  CHECK(ops[4].key == "g/handed/c/a.0");
  recipients.append_notices(ops, writer);
  CHECK(ops[6].key == "g/handed/b/a.1");
  CHECK(ops[7].value != ops[3].value);

  std::vector<consul::txn_error> failures(3);
  failures[0].op_index = 9;
  failures[1].op_index = 11;
  failures[2].op_index = 12;
  const auto refused = recipients.refused(failures, 10);
  REQUIRE(refused.size() == 1);
  CHECK(refused.at("g/members/c") == &failures[1]);
}

}  // namespace

TEST_CASE("the folder of notices is not made for a session that is no member, or no longer") {
  election_fixture b;
  process& p = b.add();
  const std::string one = session(b);
  impl::hand_over_notices notices(p.engine->shared(), "g", how());
  notices.session_is(one);
  b.rt.advance(5s);
  CHECK(b.key("g/handed/" + one + "/").empty());
  open_notices(b, notices, one);
  b.rt.advance(10s);
  CHECK_FALSE(b.key("g/handed/" + one + "/").empty());
  notices.close();
  b.shut_down();
}
