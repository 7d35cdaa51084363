// The typed client while its token changes.
#include <catch2/catch_test_macros.hpp>

#include "component/consul_fixture.hpp"
#include "support/scripted_token.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using consul::consistency;
using consul::txn_op;
using runtime::lane;
using test::scripted_token;
using test::token_in;
using testing::fate;
using testing::mishap;

/// Consul knows one token; `lacks` says what it answers to others.
class fixture : public test::consul_fixture {
 public:
  fixture() : source(std::make_shared<scripted_token>("old")) {
    client = std::make_unique<consul::client>(runtime.environment(),
                                              consul_config().token(source));
    network->network = [this](runtime::lane, const runtime::http_request& request) {
      sent.push_back(token_in(request));
      return sent.back() == valid ? fate() : fate(answer);
    };
  }

  std::shared_ptr<scripted_token> source;
  std::string valid = "new";
  mishap answer = mishap::unknown_token;
  std::vector<std::string> sent;
};

using tokens = std::vector<std::string>;

}  // namespace

TEST_CASE("a write that Consul refuses for its token is made again with the new one, at once") {
  fixture b;
  b.source->on_refused = [&] { b.source->now = "new"; };
  const time_point began = b.runtime.now();
  CHECK(b.write({txn_op::set("k", "1")}).committed);
  CHECK(b.runtime.now() == began);
  CHECK(b.sent == tokens{"old", "new"});
  CHECK(b.source->refusals == tokens{"old"});
}

TEST_CASE("a new token is used without any refusal") {
  fixture b;
  b.valid = "old";
  CHECK(b.write({txn_op::set("k", "1")}).committed);
  b.source->now = b.valid = "new";
  CHECK(b.write({txn_op::set("k", "2")}).committed);
  CHECK(b.sent == tokens{"old", "new"});
  CHECK(b.source->refusals.empty());
}

TEST_CASE("a request waits for a token that may come, and its lease counts from the last attempt") {
  fixture b;
  b.source->may_come = true;
  b.source->on_refused = [&] {
    if (b.source->refusals.size() == 4) b.source->now = "new";
  };
  const time_point began = b.runtime.now();
  const auto answer = b.write({txn_op::set("k", "1")});
  CHECK(answer.committed);
  CHECK(answer.sent_at - began == 300ms);
  CHECK(b.sent == tokens{"old", "new"});
}

TEST_CASE("a token that this server does not know yet is sent again twice a second") {
  fixture b;
  b.source->may_come = true;
  b.source->on_refused = [&] {
    if (b.runtime.now() - time_point{} >= 1s && b.sent.size() == 3) b.valid = "old";
  };
  CHECK(b.write({txn_op::set("k", "1")}).committed);
  CHECK(b.sent == tokens{"old", "old", "old", "old"});
}

TEST_CASE("a wait for a token ends with the deadline of the request, as a refusal") {
  fixture b;
  b.source->may_come = true;
  const time_point began = b.runtime.now();
  const auto answer = b.runtime.run(b.client->get("k", consistency::default_));
  CHECK(answer.error == consul_errc::forbidden);
  CHECK(b.runtime.now() - began <= b.client->config().request_timeout());
  CHECK(b.runtime.now() - began >= 9s);
}

TEST_CASE("a refusal is reported at once if no other token can come, or a right is missing") {
  fixture b;
  const bool right_missing = GENERATE(false, true);
  if (right_missing) {
    b.answer = mishap::forbidden;
    b.source->may_come = true;
  }
  const time_point began = b.runtime.now();
  CHECK(b.write({txn_op::set("k", "1")}).error == consul_errc::forbidden);
  CHECK(b.runtime.now() == began);
  CHECK(b.sent == tokens{"old"});
  CHECK(b.source->refusals == tokens{"old"});
}

TEST_CASE("a token of other rights is used at once, in a transaction as well") {
  fixture b;
  b.answer = mishap::forbidden;
  b.source->on_refused = [&] { b.source->now = "new"; };
  CHECK(b.write({txn_op::set("k", "1")}).committed);
  CHECK(b.sent == tokens{"old", "new"});
}

TEST_CASE("a refused attempt had no effect: the outcome of the next one decides") {
  fixture b;
  b.source->on_refused = [&] { b.source->now = "new"; };
  b.network->network = [&](lane, const runtime::http_request& request) {
    return token_in(request) == "old" ? fate(mishap::unknown_token) : fate(mishap::refused);
  };
  CHECK(b.write({txn_op::set("k", "1")}).error == consul_errc::unreachable);
  b.source->now = "old";
  b.network->network = [&](lane, const runtime::http_request& request) {
    return token_in(request) == "old" ? fate(mishap::unknown_token) : fate(mishap::reset_after);
  };
  CHECK(b.write({txn_op::set("k", "1")}).error == consul_errc::outcome_unknown);
}

TEST_CASE("a source of ever new bad tokens ends in a refusal") {
  fixture b;
  b.source->on_refused = [&] { b.source->now += 'x'; };
  CHECK(b.write({txn_op::set("k", "1")}).error == consul_errc::forbidden);
  CHECK(b.sent.size() == 31);
}

TEST_CASE("a token with control characters is not sent") {
  fixture b;
  b.source->now = "top\r\nsecret";
  const auto answer = b.write({txn_op::set("k", "1")});
  CHECK(answer.error == consul_errc::bad_request);
  CHECK(answer.detail.find("secret") == std::string::npos);
  CHECK(b.sent.empty());
}
