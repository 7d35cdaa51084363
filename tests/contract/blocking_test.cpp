// Blocking queries: what wakes them, what does not, and with which index they answer.
//
// The cases prove without waiting that a change did not wake a query: a later change wakes it, and
// the answer has that later index.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {

TEST_CASE("A query on a key answers when the key changes, not earlier") {
  put("block/key", "one");
  const std::uint64_t first = show("block/key").modify_index;
  parked_query changed("/v1/kv/block/key", first);
  let_park();
  put("block/key", "one");    // changes nothing
  put("block/key2", "two");   // a neighbour
  put("block/ke", "three");
  put("block/key", "two");
  const http_answer answer = changed.answer();
  CHECK(answer.index() == show("block/key").modify_index);
  CHECK(answer.status == 200);

  // A query waits for a future index, and does not wait for a past one.
  CHECK(parked_query("/v1/kv/block/key", first).answer().index() == answer.index());

  parked_query deleted("/v1/kv/block/key", answer.index());
  let_park();
  ask("DELETE", "/v1/kv/block/key");
  CHECK(seen(deleted.answer()) == missing_answer(ask("GET", "/v1/kv/block/key").index()));
}

TEST_CASE("Every change of a lock wakes a query") {
  const std::string a = make_session();
  put("block/lock");
  std::uint64_t index = show("block/lock").modify_index;
  const auto woken_by = [&index](auto change) {
    parked_query query("/v1/kv/block/lock", index);
    let_park();
    change();
    const http_answer answer = query.answer();
    index = answer.index();
    return answer.body;
  };
  CHECK(woken_by([&] { acquire("block/lock", a, "v"); }).find(a) != std::string::npos);
  CHECK(woken_by([&] { acquire("block/lock", a, "w"); }).find(a) != std::string::npos);
  CHECK(woken_by([&] { release("block/lock", a); }).find(a) == std::string::npos);
  CHECK(woken_by([&] { txn({op_session("lock", "block/lock", a)}); }).find(a) !=
        std::string::npos);
  CHECK(woken_by([&] { destroy_session(a); }).find(a) == std::string::npos);
}

TEST_CASE("A repeated acquire with the same value wakes no query") {
  const std::string a = make_session();
  CHECK(acquire("block/again", a, "v"));
  const std::uint64_t index = show("block/again").modify_index;
  parked_query query("/v1/kv/block/again", index);
  let_park();
  CHECK(acquire("block/again", a, "v"));
  const std::string b = make_session();
  CHECK_FALSE(acquire("block/again", b, "v"));  // nor does a refused one
  CHECK(release("block/again", a, "v"));
  CHECK(query.answer().index() == show("block/again").modify_index);
}

TEST_CASE("A refused transaction wakes no query") {
  put("block/refused", "v");
  parked_query key("/v1/kv/block/refused", show("block/refused").modify_index);
  parked_query missing("/v1/kv/block/refused/missing", ask("GET", "/v1/kv/block/x").index());
  let_park();
  CHECK(txn({op_value("set", "block/refused", "w"), op_value("set", "block/refused/missing", "w"),
             op("get", "block/none")})
            .status == 409);
  CHECK(txn({op_value("set", "block/refused", "x"), op_value("set", "block/refused/missing", "x")})
            .status == 200);
  const std::uint64_t index = show("block/refused").modify_index;
  CHECK(key.answer().index() == index);
  CHECK(missing.answer().index() == index);
}

TEST_CASE("A query on a missing key, and its neighbours") {
  // It waits at the node of the tree where the key would be. Every change below wakes it in 1.8,
  // with the table's index. Since 1.10 it waits on for the key itself.
  put("block/n/aa", "x");
  put("block/n/ab", "x");
  const std::uint64_t before = ask("GET", "/v1/kv/block/n/ac").index();
  CHECK(before == show("block/n/ab").modify_index);
  parked_query query("/v1/kv/block/n/ac", before);
  let_park();
  put("block/m", "x");  // no neighbour in the tree, although in the same folder
  put("block/n/aa", "y");
  const std::uint64_t woken = show("block/n/aa").modify_index;
  if (newer()) {
    put("block/n/ac", "x");
    const http_answer answer = query.answer();
    CHECK(answer.status == 200);
    CHECK(answer.index() == show("block/n/ac").modify_index);
    return;
  }
  CHECK(seen(query.answer()) == missing_answer(woken));

  parked_query created("/v1/kv/block/n/ac", woken);
  let_park();
  put("block/n/ac", "x");
  CHECK(created.answer().status == 200);
}

TEST_CASE("A query on a prefix answers when anything below it changes") {
  for (const char* key : {"block/p/1", "block/p/2", "block/q"}) put(key, "x");
  const std::uint64_t before = show("block/p/2").modify_index;
  CHECK(ask("GET", "/v1/kv/block/p/?recurse").index() == before);
  parked_query tree("/v1/kv/block/p/?recurse", before);
  parked_query names("/v1/kv/block/p/?keys", before);
  let_park();
  put("block/q", "y");
  put("block/p/1", "y");
  const std::uint64_t changed = show("block/p/1").modify_index;
  CHECK(tree.answer().index() == changed);
  CHECK(names.answer().index() == changed);

  parked_query deleted("/v1/kv/block/p/?keys", changed);
  let_park();
  ask("DELETE", "/v1/kv/block/p/1");
  const http_answer answer = deleted.answer();
  CHECK(answer.index() > changed);
  CHECK(answer.body == R"(["block/p/2"])");
  CHECK(ask("GET", "/v1/kv/block/p/?keys").index() == answer.index());

  // An empty prefix without tombstones has the table's index, and neighbours wake it.
  const std::uint64_t table = ask("GET", "/v1/kv/block/none/?recurse").index();
  CHECK(table == answer.index());
}

TEST_CASE("A change of many keys at once wakes a query on their prefix once") {
  const std::string a = make_session();
  for (const char* key : {"block/once/1", "block/once/2"}) CHECK(acquire(key, a, "v"));
  parked_query query("/v1/kv/block/once/?recurse", show("block/once/2").modify_index);
  let_park();
  destroy_session(a);
  const http_answer answer = query.answer();
  CHECK(answer.index() == show("block/once/1").modify_index);
  CHECK(answer.index() == show("block/once/2").modify_index);
  CHECK(answer.body.find(a) == std::string::npos);
}

TEST_CASE("Queries on sessions") {
  const std::string a = make_session();
  const std::uint64_t before = ask("GET", "/v1/session/info/" + a).index();
  parked_query info("/v1/session/info/" + a, before);
  parked_query list("/v1/session/list", before);
  let_park();
  const std::string b = make_session();
  const http_answer listed = list.answer();
  CHECK(listed.index() == ask("GET", "/v1/session/list").index());
  CHECK(listed.body.find(b) != std::string::npos);
  destroy_session(a);  // the creation of the other session did not wake it
  const http_answer gone = info.answer();
  CHECK(gone.index() == ask("GET", "/v1/session/list").index());
  CHECK(seen(gone) == query_answer(gone.index(), "[]"));
  parked_query node("/v1/session/node/" + server().node_name(), gone.index());
  let_park();
  destroy_session(b);
  CHECK(node.answer().index() > gone.index());
}

TEST_CASE("A query that times out returns the unchanged answer") {
  put("block/time", "v");
  const shown_key k = show("block/time");
  const std::uint64_t table = ask("GET", "/v1/kv/block/time/none").index();
  parked_query key("/v1/kv/block/time", k.modify_index, "10ms");
  parked_query ahead("/v1/kv/block/time", k.modify_index + 1000, "10ms");
  parked_query missing("/v1/kv/block/time/none", table, "10ms");
  parked_query sessions("/v1/session/list", 1U << 30U, "10ms");
  CHECK(seen(key.answer()) ==
        seen(ask("GET", "/v1/kv/block/time")));
  // Below the requested index: the client restarts at 0.
  CHECK(ahead.answer().index() == k.modify_index);
  CHECK(seen(missing.answer()) == missing_answer(table));
  CHECK(sessions.answer().status == 200);
}

}  // namespace tenure::test
