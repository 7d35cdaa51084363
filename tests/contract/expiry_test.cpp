// The slow cases: sessions that expire, lock-delays that end, waits that time out. They run at the
// same time, and the only waiting is that of blocking queries.
#include <catch2/catch_test_macros.hpp>

#include <chrono>

#include "contract.hpp"

namespace tenure::test {
namespace {

using clock = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

double since(clock::time_point start) { return seconds(clock::now() - start).count(); }

/// Tries to acquire the key until it succeeds; how long that took.
double time_to_acquire(http_probe& probe, const std::string& key, const std::string& session,
                       clock::time_point start) {
  // A blocking query on a key without writes sets the pace.
  http_probe pace = connect();
  while (probe.ask("PUT", "/v1/kv/" + key + "?acquire=" + session, "next").body != "true") {
    pace.ask("GET", "/v1/kv/expiry/pace?wait=50ms&index=999999999999999999");
  }
  return since(start);
}

}  // namespace

TEST_CASE("Expiry, lock-delays and waits, all at the same time") {
  put("expiry/pace");
  const std::string next = make_session();

  // A session without renewals expires after twice its TTL. Acquiring does not renew it.
  const auto created = clock::now();
  const std::string alone = make_session(R"({"TTL":"10s","LockDelay":0})");
  CHECK(acquire("expiry/alone", alone, "v"));
  const std::string renewed = make_session(R"({"TTL":"10s","LockDelay":0})");
  CHECK(acquire("expiry/renewed", renewed, "v"));
  const std::string deleting =
      make_session(R"({"TTL":"10s","LockDelay":0,"Behavior":"delete"})");
  CHECK(acquire("expiry/deleting", deleting, "v"));
  const std::string delaying = make_session(R"({"TTL":"10s","LockDelay":"1s"})");
  CHECK(acquire("expiry/delaying", delaying, "v"));

  parked_query alone_freed("/v1/kv/expiry/alone", show("expiry/alone").modify_index);
  parked_query renewed_freed("/v1/kv/expiry/renewed", show("expiry/renewed").modify_index);
  parked_query deleted("/v1/kv/expiry/deleting", show("expiry/deleting").modify_index);
  parked_query delaying_freed("/v1/kv/expiry/delaying", show("expiry/delaying").modify_index);
  parked_query alone_ended("/v1/session/info/" + alone,
                           ask("GET", "/v1/session/list").index());
  let_park();  // the index is the table's: later sessions would wake the query

  // Meanwhile, the trap of units: "1ns" is a delay of one second. Its end wakes no query.
  const std::string trap = make_session(R"({"LockDelay":"1ns"})");
  CHECK(acquire("expiry/trap", trap, "v"));
  const auto trapped = clock::now();
  destroy_session(trap);
  parked_query trap_watch("/v1/kv/expiry/trap", show("expiry/trap").modify_index);
  http_probe prober = connect();
  const double trap_delay = time_to_acquire(prober, "expiry/trap", next, trapped);
  CHECK(trap_delay >= 1.0);
  CHECK(trap_delay < 3.0);
  // The acquisition wakes the query.
  CHECK(trap_watch.answer().index() == show("expiry/trap").modify_index);

  // A wait ends after its time plus at most a sixteenth.
  const auto asked = clock::now();
  parked_query waited("/v1/kv/expiry/pace", show("expiry/pace").modify_index, "2s");
  const http_answer unchanged = waited.answer();
  const double wait_time = since(asked);
  CHECK(unchanged.index() == show("expiry/pace").modify_index);
  CHECK(wait_time >= 2.0);
  CHECK(wait_time < 2.0 + 2.0 / 16 + 2.0);

  // A delay of three seconds, timed from the end of the session.
  const std::string three = make_session(R"({"LockDelay":"3s"})");
  CHECK(acquire("expiry/three", three, "v"));
  const auto destroyed = clock::now();
  destroy_session(three);
  const double three_delay = time_to_acquire(prober, "expiry/three", next, destroyed);
  CHECK(three_delay >= 3.0);
  CHECK(three_delay < 5.0);

  // A renewal after six to eight seconds postpones the end by as much.
  const auto renewed_at = clock::now();
  CHECK(ask("PUT", "/v1/session/renew/" + renewed).status == 200);

  const http_answer freed = alone_freed.answer();
  const double alone_time = since(created);
  CHECK(alone_time >= 20.0);
  CHECK(alone_time < 23.0);
  CHECK(freed.body.find(alone) == std::string::npos);
  CHECK(show("expiry/alone").value == "v");
  CHECK(alone_ended.answer().body == "[]");
  CHECK(ask("PUT", "/v1/session/renew/" + alone).status == 404);
  CHECK(deleted.answer().status == 404);

  const http_answer under_delay = delaying_freed.answer();
  const auto expired_at = clock::now();
  CHECK(under_delay.body.find(delaying) == std::string::npos);
  CHECK_FALSE(acquire("expiry/delaying", next, "v"));
  CHECK(time_to_acquire(prober, "expiry/delaying", next, expired_at) < 3.0);

  renewed_freed.answer();
  const double renewed_time = since(renewed_at);
  CHECK(renewed_time >= 20.0);
  CHECK(renewed_time < 23.0);
}

}  // namespace tenure::test
