// Answers that are not those of the request: of another process's request, of a server that does
// not know the sessions of another one, of a key that changes each time it is looked at.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <optional>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

bool proves(const runtime::http_request& r) {
  return has(r.body, "check-index") && !claims(r) && !has(r.body, "unlock");
}

void say(runtime::http_response& answer, unsigned status, std::string body) {
  answer.status = status;
  answer.body = std::move(body);
}

const std::string other_session = "11111111-2222-3333-4444-555555555555";

std::string naming(std::string body, const std::string& session) {
  const std::string field = "\"Session\":\"";
  for (std::size_t at = body.find(field); at != body.npos; at = body.find(field, at + 1)) {
    body.replace(at + field.size(), session.size(), session);
  }
  return body;
}

}  // namespace

TEST_CASE("the answer to another process's claim begins no term") {
  election_fixture b;
  process& a = b.add();
  process& mixed_up = b.add();
  election holder = a.elections->enter(key, quick("a"));
  std::optional<std::string> won;
  a.transport->observer = [&](const runtime::http_request& r, runtime::http_response& answer) {
    if (claims(r) && answer.status == 200) won = answer.body;
  };
  holder.stand();
  REQUIRE(b.rt.run_until([&] { return holder.current() && holder.current().holds(); }, 20s));
  REQUIRE(won);
  // It reads the key as it was before that claim, and claims it, too.
  int swapped = 0;
  bool old = true;
  mixed_up.transport->observer = [&](const runtime::http_request& r,
                                     runtime::http_response& answer) {
    if (claims(r)) {
      ++swapped;
      old = false;
      say(answer, 200, *won);
    } else if (old && has(r.target, "/v1/kv/")) {
      say(answer, 404, "");
      for (auto& [name, value] : answer.headers) {
        if (name == "X-Consul-Index") value = "1";
      }
    }
  };
  // Its watch is silent, so that only the answers to its claim and its proofs can tell.
  blind(mixed_up);
  election other = mixed_up.elections->enter(key, quick("b"));
  other.stand();
  for (int i = 0; i < 600; ++i) {
    b.rt.advance(100ms);
    REQUIRE_FALSE((other.current() && other.current().holds()));
  }
  CHECK(swapped >= 1);
  CHECK(holder.current().holds());
  b.shut_down();
}

TEST_CASE("a proof that names another holder proves nothing") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  e.stand();
  REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 20s));
  term t = e.current();
  p.transport->observer = [](const runtime::http_request& r, runtime::http_response& answer) {
    if (proves(r)) answer.body = naming(answer.body, other_session);
  };
  b.rt.advance(6s);
  CHECK_FALSE(t.holds());
  p.transport->observer = nullptr;
  running<end_reason> resigned(b.rt, t.resign());
  REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 60s));
  b.shut_down();
}

// As behind a load balancer over several clusters.
TEST_CASE("sessions that the next request does not find are made ever less often") {
  const bool semaphores = GENERATE(false, true);
  election_fixture b;
  process& p = b.add();
  int made = 0;
  p.transport->observer = [&](const runtime::http_request& r, runtime::http_response& answer) {
    if (has(r.target, "session/create")) ++made;
    if (claims(r)) {
      say(answer, 409,
          R"({"Results":null,"Errors":[{"OpIndex":1,"What":"invalid session \"x\""}]})");
    }
  };
  std::optional<election> e;
  std::optional<semaphore> s;
  std::optional<running<term>> waiting;
  if (semaphores) {
    s = p.elections->contend("pool/c", 1, quick());
    waiting.emplace(b.rt, s->acquire());
  } else {
    e = p.elections->enter(key, quick());
    e->stand();
  }
  b.rt.advance(60s);
  CHECK(made >= 5);
  CHECK(made <= 30);
  p.transport->observer = nullptr;
  const auto leads = [&] {
    return semaphores ? waiting->done() : e->current() && e->current().holds();
  };
  CHECK(b.rt.run_until(leads, 30s));
  b.shut_down();
}

TEST_CASE("a free key that has moved at each claim is claimed ever less often") {
  election_fixture b;
  process& p = b.add();
  b.ask("PUT", "/v1/kv/" + key, "v");
  int claimed = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (claims(r)) {
      ++claimed;
      b.ask("PUT", "/v1/kv/" + key, "v" + std::to_string(claimed));
    }
    return fate(1ms, 1ms);
  };
  election e = p.elections->enter(key, quick());
  e.stand();
  b.rt.advance(60s);
  CHECK(claimed >= 5);
  CHECK(claimed <= 40);
  p.transport->network = nullptr;
  CHECK(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 30s));
  b.shut_down();
}
