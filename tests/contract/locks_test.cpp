// Locks: acquiring, the indexes of a held key, and the ways of losing it.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {

TEST_CASE("A key is held by one session") {
  const std::string a = make_session();
  const std::string b = make_session();
  CHECK(seen(ask("PUT", "/v1/kv/lock/one?acquire=" + a + "&flags=3304740253564472344", "host-a")) ==
        json_answer("true"));
  const shown_key held = show("lock/one");
  CHECK(held.session == a);
  CHECK(held.value == "host-a");
  CHECK(held.flags == 0x2ddccbc058a50c18U);  // consul/api's Lock insists on these
  CHECK(held.lock_index == 1);
  CHECK(ask("GET", "/v1/kv/lock/one").body ==
        R"([{"LockIndex":1,"Key":"lock/one","Flags":3304740253564472344,"Value":"aG9zdC1h",)"
        R"("Session":")" + a + R"(","CreateIndex":)" + std::to_string(held.create_index) +
            R"(,"ModifyIndex":)" + std::to_string(held.modify_index) + "}]");

  // A refused acquire changes nothing, and the answer has no reason.
  CHECK(seen(ask("PUT", "/v1/kv/lock/one?acquire=" + b, "host-b")) == json_answer("false"));
  CHECK(show("lock/one").modify_index == held.modify_index);
  // A session cannot release another's lock.
  CHECK_FALSE(release("lock/one", b));
  CHECK(show("lock/one").session == a);
}

TEST_CASE("LockIndex counts acquisitions and is no fencing token") {
  const std::string a = make_session();
  CHECK(acquire("lock/index", a, "v"));
  const shown_key first = show("lock/index");
  CHECK(first.lock_index == 1);
  // The holder again: replaces value and flags, keeps LockIndex.
  CHECK(ask("PUT", "/v1/kv/lock/index?acquire=" + a + "&flags=9", "w").body == "true");
  const shown_key again = show("lock/index");
  CHECK(again.lock_index == 1);
  CHECK(again.flags == 9);
  CHECK(again.value == "w");
  CHECK(again.modify_index > first.modify_index);
  CHECK(release("lock/index", a, "w"));
  CHECK(show("lock/index").lock_index == 1);
  CHECK(acquire("lock/index", a, "w"));
  CHECK(show("lock/index").lock_index == 2);
}

TEST_CASE("A repeated acquire with the same value changes nothing") {
  const std::string a = make_session();
  CHECK(acquire("lock/same", a, "v"));
  const shown_key before = show("lock/same");
  CHECK(acquire("lock/same", a, "v"));
  CHECK(show("lock/same").modify_index == before.modify_index);
  CHECK(acquire("lock/same", a, "w"));
  CHECK(show("lock/same").modify_index > before.modify_index);
}

TEST_CASE("A plain write to a held key resets LockIndex and keeps the holder") {
  const std::string a = make_session();
  CHECK(acquire("lock/over", a, "v"));
  put("lock/over", "v");  // even with the same value
  shown_key over = show("lock/over");
  CHECK(over.session == a);
  CHECK(over.lock_index == 0);
  CHECK(release("lock/over", a, "v"));
  CHECK(acquire("lock/over", a, "v"));
  CHECK(show("lock/over").lock_index == 1);
  const std::string index = std::to_string(show("lock/over").modify_index);
  CHECK(ask("PUT", "/v1/kv/lock/over?cas=" + index, "w").body == "true");
  over = show("lock/over");
  CHECK(over.session == a);
  CHECK(over.lock_index == 0);
}

TEST_CASE("A release with an empty body empties the value") {
  const std::string a = make_session();
  CHECK(acquire("lock/release", a, "host-a"));
  const shown_key held = show("lock/release");
  CHECK(release("lock/release", a));
  const shown_key freed = show("lock/release");
  CHECK(freed.session.empty());
  CHECK(freed.value.empty());
  CHECK(freed.lock_index == 1);
  CHECK(freed.create_index == held.create_index);
  CHECK(freed.modify_index > held.modify_index);
  CHECK_FALSE(release("lock/release", a));
  // A release starts no lock-delay.
  const std::string slow = make_session(R"({"LockDelay":"60s"})");
  CHECK(acquire("lock/release", slow, "v"));
  CHECK(release("lock/release", slow, "v"));
  CHECK(acquire("lock/release", a, "v"));
}

TEST_CASE("A deleted key is free at once, and its holder's session stays") {
  const std::string a = make_session(R"({"LockDelay":"60s"})");
  const std::string b = make_session();
  CHECK(acquire("lock/deleted", a, "v"));
  const shown_key first = show("lock/deleted");
  CHECK(ask("DELETE", "/v1/kv/lock/deleted").body == "true");
  CHECK(acquire("lock/deleted", b, "v"));
  const shown_key second = show("lock/deleted");
  CHECK(second.session == b);
  CHECK(second.lock_index == 1);  // starts again: no fencing token
  CHECK(second.modify_index > first.modify_index);
  CHECK(ask("GET", "/v1/session/info/" + a).body != "[]");
}

TEST_CASE("The end of a session frees all its keys at one index") {
  const std::string a = make_session();
  const std::string b = make_session();
  for (const char* key : {"lock/all/1", "lock/all/2", "lock/all/3"}) CHECK(acquire(key, a, "v"));
  destroy_session(a);
  const shown_key one = show("lock/all/1");
  CHECK(one.session.empty());
  CHECK(one.value == "v");  // the end of a session keeps the value
  CHECK(one.lock_index == 1);
  CHECK(show("lock/all/2").modify_index == one.modify_index);
  CHECK(show("lock/all/3").modify_index == one.modify_index);
  CHECK(acquire("lock/all/1", b, "v"));  // no LockDelay
  CHECK(show("lock/all/1").lock_index == 2);
}

TEST_CASE("Behavior delete deletes the keys with the session") {
  const std::string a = make_session(R"({"LockDelay":0,"Behavior":"delete"})");
  CHECK(acquire("lock/behavior", a, "v"));
  destroy_session(a);
  CHECK_FALSE(show("lock/behavior").exists);
}

TEST_CASE("LockDelay blocks the keys of an ended session") {
  const std::string a = make_session(R"({"LockDelay":"60s"})");
  const std::string b = make_session();
  CHECK(acquire("lock/delay", a, "v"));
  destroy_session(a);  // also after an explicit end
  CHECK(show("lock/delay").session.empty());
  CHECK(seen(ask("PUT", "/v1/kv/lock/delay?acquire=" + b, "v")) == json_answer("false"));
  // Consul checks it first: it does not even notice an unknown session.
  CHECK(ask("PUT", "/v1/kv/lock/delay?acquire=11111111-1111-1111-1111-111111111111").body ==
        "false");
  // Neither a plain write nor a deletion ends it.
  put("lock/delay", "w");
  CHECK_FALSE(acquire("lock/delay", b, "v"));
  CHECK(ask("DELETE", "/v1/kv/lock/delay").body == "true");
  CHECK_FALSE(acquire("lock/delay", b, "v"));
  CHECK_FALSE(show("lock/delay").exists);
  CHECK(refusals(txn({op_session("lock", "lock/delay", b)})) ==
        std::vector<std::string>{"0: failed to lock key \"lock/delay\" due to lock delay"});
}

TEST_CASE("LockDelay also blocks a key that was deleted with its session") {
  const std::string a = make_session(R"({"LockDelay":"60s","Behavior":"delete"})");
  const std::string b = make_session();
  CHECK(acquire("lock/delay-deleted", a, "v"));
  destroy_session(a);
  CHECK_FALSE(show("lock/delay-deleted").exists);
  CHECK_FALSE(acquire("lock/delay-deleted", b, "v"));
}

TEST_CASE("The same session id in other letters is another holder") {
  const std::string a = make_session();
  std::string upper = a;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK(acquire("lock/letters", upper, "v"));  // finds the session...
  CHECK(show("lock/letters").session == upper);
  CHECK_FALSE(acquire("lock/letters", a, "v"));  // ...but compares the holder as text
  destroy_session(a);
  CHECK(show("lock/letters").session.empty());
}

}  // namespace tenure::test
