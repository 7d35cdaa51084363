#include <tenure/outage_log.hpp>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "support/kept_log.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;

using lines = std::vector<std::string>;

class fixture {
 public:
  void failed(std::string_view event, const error_code& error, std::string_view detail = "d") {
    outages.failed(event, error, detail, {{"key", "k"}}, now);
  }
  void succeeded(std::string_view event) { outages.succeeded(event, now); }
  lines warnings() const { return log->lines(log_level::warn); }
  lines ends() const { return log->lines(log_level::info); }

  std::shared_ptr<test::kept_log> log = std::make_shared<test::kept_log>();
  outage_log outages{log};
  time_point now{1h};
};

const error_code unreachable = consul_errc::unreachable;
const error_code throttled = consul_errc::throttled;
const error_code forbidden = consul_errc::forbidden;

TEST_CASE("the first failure of an outage is a warning, the others are debug lines") {
  fixture f;
  f.failed("watch failed", unreachable);
  f.failed("watch failed", unreachable, "e");
  f.failed("session renewal failed", unreachable);
  CHECK(f.warnings() == lines{"watch failed key=k why=d"});
  CHECK(f.log->lines(log_level::debug) ==
        lines{"watch failed key=k why=e", "session renewal failed key=k why=d"});
}

TEST_CASE("a request without an answer is one outage, however it ends") {
  fixture f;
  f.failed("watch failed", unreachable);
  f.failed("watch failed", consul_errc::timed_out);
  f.failed("session create failed", consul_errc::outcome_unknown);
  CHECK(f.warnings().size() == 1);
}

TEST_CASE("an outage goes on while requests fail, even if others succeed in between") {
  fixture f;
  for (int i = 0; i < 100; ++i) {
    f.failed("watch failed", throttled);
    f.now += 1s;
    f.succeeded("watch failed");
    f.now += 5s;
  }
  CHECK(f.warnings().size() == 1);
  CHECK(f.ends().empty());
}

TEST_CASE("the end of an outage is one line: how long it lasted, and what was not a warning") {
  fixture f;
  f.failed("watch failed", throttled);
  f.now += 2500ms;
  f.failed("session renewal failed", throttled);
  f.now += 1s;
  f.succeeded("session renewal failed");
  f.now += 13s;
  f.succeeded("watch failed");
  CHECK(f.ends().empty());
  f.now += 1s;
  f.succeeded("watch failed");
  f.succeeded("watch failed");
  CHECK(f.ends() == lines{"requests succeed again after=watch failed reason=" +
                          throttled.message() + " seconds=3.5 suppressed=1"});
  f.now += 1h;
  f.failed("watch failed", throttled);
  CHECK(f.warnings().size() == 2);
}

TEST_CASE("an outage that ended without a later success is over when the next one begins") {
  fixture f;
  f.failed("watch failed", unreachable);
  f.now += 1s;
  f.succeeded("watch failed");
  f.now += 1h;
  f.failed("watch failed", unreachable);
  CHECK(f.ends().size() == 1);
  CHECK(f.warnings().size() == 2);
}

TEST_CASE("other errors are other outages") {
  fixture f;
  f.failed("watch failed", unreachable);
  f.failed("watch failed", throttled);
  f.failed("watch failed", consul_errc::no_leader);
  f.failed("watch failed", consul_errc::server_error);
  f.failed("session create failed", consul_errc::server_error);
  CHECK(f.warnings().size() == 5);
  f.failed("session create failed", consul_errc::server_error, "e");
  CHECK(f.warnings().size() == 5);
}

TEST_CASE("each missing right is an outage, which another request's success does not end") {
  fixture f;
  f.failed("watch failed", forbidden, "key:read on a");
  f.failed("watch failed", forbidden, "key:read on b");
  f.failed("watch failed", forbidden, "key:read on a");
  f.failed("session create failed", forbidden, "session:write");
  CHECK(f.warnings().size() == 3);
  f.now += 1h;
  f.succeeded("session create failed");
  CHECK(f.ends().size() == 1);
  f.failed("watch failed", forbidden, "key:read on a");
  CHECK(f.warnings().size() == 3);
}

TEST_CASE("a token without any right is no flood of warnings") {
  fixture f;
  for (int i = 0; i < 1000; ++i) f.failed("watch failed", forbidden, std::to_string(i));
  CHECK(f.warnings().size() == 16);
}

}  // namespace
