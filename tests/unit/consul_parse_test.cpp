// Parsing Consul's answers. The texts are those of 1.8.7; where 1.21 writes others, those too.
#include "consul/parse.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

namespace {

using namespace tenure;
using namespace tenure::consul;
using namespace std::chrono_literals;

const std::string held_key =
    R"([{"LockIndex":1,"Key":"k","Flags":18446744073709551615,"Value":"dg==","Session":)"
    R"("1650bd5c-88d3-c379-9ab0-f87d5c90fdb2","CreateIndex":12,"ModifyIndex":9007199254740993}])";
const std::string two_keys =
    R"([{"LockIndex":0,"Key":"a","Flags":0,"Value":null,"CreateIndex":1,"ModifyIndex":2},)"
    R"({"LockIndex":0,"Key":"\u003cb\u003e \u00e9\n","Flags":0,"CreateIndex":3,"ModifyIndex":4,)"
    R"("Value":"AP8="}])";
const std::string a_session =
    R"([{"ID":"1650bd5c-88d3-c379-9ab0-f87d5c90fdb2","Name":"a","Node":"vm",)"
    R"("LockDelay":15000000000,"Behavior":"delete","TTL":"15s",)"
    R"("NodeChecks":["serfHealth"],"ServiceChecks":null,)"
    R"("CreateIndex":10,"ModifyIndex":11}])";
const std::string committed =
    R"({"Results":[{"KV":{"LockIndex":1,"Key":"k2","Flags":0,"Value":null,"Session":"s",)"
    R"("CreateIndex":16,"ModifyIndex":17}},{"Node":{"ID":"x"}},{"KV":{"LockIndex":0,"Key":"s",)"
    R"("Flags":1,"Value":"eA==","CreateIndex":18,"ModifyIndex":19}}],"Errors":null,"Index":0,)"
    R"("LastContact":0,"KnownLeader":true,"ConsistencyLevel":""})";
/// The same of 1.21, whose read-only transactions have more members.
const std::string committed_1_21 =
    R"({"Results":[{"KV":{"LockIndex":1,"Key":"k2","Flags":0,"Value":null,"Session":"s",)"
    R"("CreateIndex":16,"ModifyIndex":17}},{"KV":{"LockIndex":0,"Key":"s",)"
    R"("Flags":1,"Value":"eA==","CreateIndex":18,"ModifyIndex":19}}],"Errors":null,"Index":1,)"
    R"("LastContact":0,"KnownLeader":true,"ConsistencyLevel":"","NotModified":false,"Backend":0,)"
    R"("ResultsFilteredByACLs":false})";
const std::string refused =
    R"({"Results":null,"Errors":[{"OpIndex":1,"What":"failed to lock key \"m/1\", lock is already )"
    R"(held"},{"OpIndex":2,"What":"failed to lock key \"k2\" due to lock delay"}]})";

/// Takes every key of a list, or none.
class all_or_none final : public kv_reader {
 public:
  explicit all_or_none(bool all) : all_(all) {}
  bool wants(const key_header& seen) override {
    keys.emplace_back(seen.key);
    indexes.push_back(seen.modify_index);
    return all_;
  }
  void take(kv_entry entry) override { entries.push_back(std::move(entry)); }
  std::vector<std::string> keys;
  std::vector<std::uint64_t> indexes;
  std::vector<kv_entry> entries;

 private:
  bool all_;
};

TEST_CASE("a key that is held") {
  parser json;
  std::string body = held_key;
  std::vector<kv_entry> entries;
  std::string again = body;
  all_or_none each(true);
  REQUIRE_FALSE(json.kv(again, each));
  REQUIRE(each.entries.size() == 1);
  CHECK(each.entries[0].value == "v");
  CHECK(each.entries[0].session == "1650bd5c-88d3-c379-9ab0-f87d5c90fdb2");
  CHECK(each.entries[0].flags == 18446744073709551615U);
  CHECK(each.entries[0].create_index == 12);
  CHECK(each.entries[0].lock_index == 1);
  REQUIRE_FALSE(json.kv(body, entries));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].key == "k");
  CHECK(entries[0].value == "v");
  CHECK(entries[0].session == "1650bd5c-88d3-c379-9ab0-f87d5c90fdb2");
  CHECK(entries[0].flags == 18446744073709551615U);  // not through a double
  CHECK(entries[0].create_index == 12);
  CHECK(entries[0].modify_index == 9007199254740993U);
  CHECK(entries[0].lock_index == 1);
}

TEST_CASE("a key without a session and without a value, members in any order") {
  parser json;
  std::string body = two_keys;
  std::vector<kv_entry> entries;
  REQUIRE_FALSE(json.kv(body, entries));
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].value.empty());
  CHECK(entries[0].session.empty());
  CHECK(entries[1].key == "<b> \xc3\xa9\n");
  CHECK(entries[1].value == std::string("\0\xff", 2));
  std::string none = "[]";
  REQUIRE_FALSE(json.kv(none, entries));
  CHECK(entries.empty());
}

TEST_CASE("a key with a backspace and a form feed, as each version escapes them") {
  parser json;
  for (std::string body :
       {R"([{"LockIndex":0,"Key":"a\u0008\u000c","Flags":0,"Value":null,"CreateIndex":1,)"
        R"("ModifyIndex":2}])",
        R"([{"LockIndex":0,"Key":"a\b\f","Flags":0,"Value":null,"CreateIndex":1,)"
        R"("ModifyIndex":2}])"}) {
    std::vector<kv_entry> entries;
    REQUIRE_FALSE(json.kv(body, entries));
    CHECK(entries.at(0).key == "a\b\f");
  }
}

TEST_CASE("a session, and an empty list") {
  parser json;
  std::string body = a_session;
  std::vector<session_entry> sessions;
  REQUIRE_FALSE(json.sessions(body, sessions));
  REQUIRE(sessions.size() == 1);
  CHECK(sessions[0].id == "1650bd5c-88d3-c379-9ab0-f87d5c90fdb2");
  CHECK(sessions[0].name == "a");
  CHECK(sessions[0].node == "vm");
  CHECK(sessions[0].lock_delay == 15s);
  CHECK(sessions[0].behavior == behavior::remove);
  CHECK(sessions[0].ttl == "15s");
  CHECK(sessions[0].create_index == 10);
  CHECK(sessions[0].modify_index == 11);
  std::string none = "[]";
  REQUIRE_FALSE(json.sessions(none, sessions));
  CHECK(sessions.empty());
}

TEST_CASE("a committed transaction: keys in order, other results skipped") {
  parser json;
  std::string body = GENERATE(committed, committed_1_21);
  std::string again = body;
  all_or_none all(true);
  std::vector<txn_error> failures;
  REQUIRE_FALSE(json.txn(body, all, failures));
  CHECK(failures.empty());
  const std::vector<kv_entry>& results = all.entries;
  REQUIRE(results.size() == 2);
  CHECK(results[0].key == "k2");
  CHECK(results[0].session == "s");
  CHECK(results[0].modify_index == 17);
  CHECK(results[1].value == "x");
  all_or_none none(false);
  REQUIRE_FALSE(json.txn(again, none, failures));
  CHECK(none.keys == std::vector<std::string>{"k2", "s"});
  CHECK(none.entries.empty());
}

TEST_CASE("a refused transaction") {
  parser json;
  std::string body = refused;
  all_or_none all(true);
  std::vector<txn_error> failures;
  REQUIRE_FALSE(json.txn(body, all, failures));
  CHECK(all.keys.empty());
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].op_index == 1);
  CHECK(failures[0].kind == txn_failure::held_by_another);
  CHECK(failures[0].what == "failed to lock key \"m/1\", lock is already held");
  CHECK(failures[1].kind == txn_failure::lock_delay);
}

TEST_CASE("the texts of failed operations") {
  class text {
   public:
    const char* what;
    txn_failure kind;
  };
  const text texts[] = {
      {R"(failed to lock key "k", lock is already held)", txn_failure::held_by_another},
      {R"(failed to lock key "k" due to lock delay)", txn_failure::lock_delay},
      {R"(invalid session "00000000-0000-0000-0000-000000000000")", txn_failure::invalid_session},
      {R"(failed index check for key "k", current modify index 12 != 5)",
       txn_failure::index_mismatch},
      {R"(failed to check index, key "none" doesn't exist)", txn_failure::missing_key},
      {R"(key "k" exists)", txn_failure::index_mismatch},
      {R"(failed session check for key "k", current session "a" != "b")",
       txn_failure::held_by_another},
      {R"(failed to check session, key "none" doesn't exist)", txn_failure::missing_key},
      {R"(failed to unlock key "k", lock isn't held, or is held by another session)",
       txn_failure::held_by_another},
      {R"(key "none" doesn't exist)", txn_failure::missing_key},
      {R"(failed to set key "k", index is stale)", txn_failure::index_mismatch},
      {R"(failed to delete key "k", index is stale)", txn_failure::index_mismatch},
      {"Permission denied", txn_failure::forbidden},
      {R"(Permission denied: token with AccessorID 'x' lacks permission 'key:write' on "a/b")",
       txn_failure::forbidden},
      {R"(Permission denied: token with AccessorID 'x' lacks permission 'key:write' on "a exists")",
       txn_failure::forbidden},
      {R"(unknown KV verb "bogus")", txn_failure::other},
      {"unknown KV operation: bogus", txn_failure::other},
      {R"(invalid session "zz")", txn_failure::invalid_session},
      {"failed session lookup: index error: UUID must be 36 characters", txn_failure::other},
      {"", txn_failure::other},
      // A key may be called anything.
      {R"(key "lock is already held" exists)", txn_failure::index_mismatch},
      {R"(failed to lock key "index is stale", lock is already held)",
       txn_failure::held_by_another},
  };
  for (const text& t : texts) {
    INFO(t.what);
    CHECK(classify(t.what) == t.kind);
  }
}

TEST_CASE("a new session's id, and the leader's address") {
  parser json;
  std::string id;
  std::string body = R"({"ID":"1650bd5c-88d3-c379-9ab0-f87d5c90fdb2"})";
  REQUIRE_FALSE(json.session_id(body, id));
  CHECK(id == "1650bd5c-88d3-c379-9ab0-f87d5c90fdb2");
  std::string leader = "?";
  std::string quoted = "\"127.0.0.1:8300\"\n";
  REQUIRE_FALSE(json.text(quoted, leader));
  CHECK(leader == "127.0.0.1:8300");
  std::string empty = "\"\"";
  REQUIRE_FALSE(json.text(empty, leader));
  CHECK(leader.empty());
}

TEST_CASE("a list, key by key") {
  parser json;
  all_or_none none(false);
  std::string body = two_keys;
  REQUIRE_FALSE(json.kv(body, none));
  CHECK(none.keys == std::vector<std::string>{"a", "<b> \xc3\xa9\n"});
  CHECK(none.indexes == std::vector<std::uint64_t>{2, 4});
  CHECK(none.entries.empty());
  // Keys that the reader does not want are not decoded, so their malformed values do not matter.
  body = R"([{"LockIndex":1,"Key":"k","Flags":0,"Value":"!","CreateIndex":1,"ModifyIndex":1}])";
  CHECK_FALSE(json.kv(body, none));
  all_or_none all(true);
  CHECK(json.kv(body, all));
  body = R"([{"LockIndex":1,"Key":"k","Flags":0,"Value":"\/w==","CreateIndex":1,"ModifyIndex":1}])";
  REQUIRE_FALSE(json.kv(body, all));
  CHECK(all.entries.back().value == "\xff");
}

class readers {
 public:
  bool kv(std::string body) {
    std::string again = body;
    all_or_none each(true);
    const bool read_each = !json.kv(again, each);
    std::vector<kv_entry> entries(1);
    const error_code error = json.kv(body, entries);
    if (error) REQUIRE(error == consul_errc::bad_answer);
    if (error) REQUIRE(entries.size() == 1);  // untouched
    if (!error && read_each) {
      REQUIRE(entries.size() == each.entries.size());
      for (std::size_t i = 0; i < entries.size(); ++i) {
        REQUIRE(entries[i].key == each.entries[i].key);
        REQUIRE(entries[i].value == each.entries[i].value);
        REQUIRE(entries[i].session == each.entries[i].session);
        REQUIRE(entries[i].modify_index == each.entries[i].modify_index);
      }
    }
    return !error && read_each;
  }
  bool sessions(std::string body) {
    std::vector<session_entry> entries;
    return !json.sessions(body, entries);
  }
  bool txn(std::string body) {
    all_or_none results(true);
    std::vector<txn_error> failures;
    return !json.txn(body, results, failures);
  }
  bool session_id(std::string body) {
    std::string id;
    return !json.session_id(body, id);
  }
  bool text(std::string body) {
    std::string read;
    return !json.text(body, read);
  }
  parser json;
};

TEST_CASE("an answer that is truncated anywhere is refused") {
  readers reader;
  for (const std::string& whole : {held_key, two_keys}) {
    REQUIRE(reader.kv(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO(whole.substr(0, length));
      REQUIRE_FALSE(reader.kv(whole.substr(0, length)));
    }
  }
  REQUIRE(reader.sessions(a_session));
  for (std::size_t length = 0; length < a_session.size(); ++length)
    REQUIRE_FALSE(reader.sessions(a_session.substr(0, length)));
  for (const std::string& whole : {committed, committed_1_21, refused}) {
    REQUIRE(reader.txn(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO(whole.substr(0, length));
      REQUIRE_FALSE(reader.txn(whole.substr(0, length)));
    }
  }
  const std::string id = R"({"ID":"1650"})";
  for (std::size_t length = 0; length < id.size(); ++length)
    REQUIRE_FALSE(reader.session_id(id.substr(0, length)));
  const std::string text = R"("127.0.0.1:8300")";
  for (std::size_t length = 0; length < text.size(); ++length)
    REQUIRE_FALSE(reader.text(text.substr(0, length)));
}

TEST_CASE("an answer with a changed byte is parsed or refused") {
  readers reader;
  const std::string texts[] = {held_key, two_keys, committed, refused, a_session};
  const char bytes[] = {'\0', '"', '\\', '{', '}', '[', ']', ',', ':', '9', 'x', '\xff'};
  for (const std::string& whole : texts)
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (const char byte : bytes) {
        std::string changed = whole;
        changed[at] = byte;
        reader.kv(changed);
        reader.sessions(changed);
        reader.txn(changed);
      }
  SUCCEED();
}

TEST_CASE("answers in the wrong form are refused") {
  readers reader;
  for (const char* body : {
           "", "null", "{}", "[{}]", "[null]", "true", "<html></html>", "[[]]",
           R"([{"LockIndex":1,"Key":"k","Flags":0,"Value":"dg==","CreateIndex":12}])",
           R"([{"LockIndex":1,"Key":1,"Flags":0,"Value":"","CreateIndex":1,"ModifyIndex":1}])",
           R"([{"LockIndex":1,"Key":"k","Flags":-1,"Value":"","CreateIndex":1,"ModifyIndex":1}])",
           R"([{"LockIndex":1,"Key":"k","Flags":1.5,"Value":"","CreateIndex":1,"ModifyIndex":1}])",
           R"([{"LockIndex":1,"Key":"k","Flags":0,"Value":"!","CreateIndex":1,"ModifyIndex":1}])",
           R"([{"LockIndex":1,"Key":"k","Flags":0,"Value":7,"CreateIndex":1,"ModifyIndex":1}])",
           R"([{"Key":"a","Key":"k","LockIndex":1,"Flags":0,"CreateIndex":1,"ModifyIndex":1}])",
           R"([{"LockIndex":1,"Key":"k","Flags":18446744073709551616,"CreateIndex":1,)"
           R"("ModifyIndex":1}])",
           // No index of Consul's exceeds 2^63.
           R"([{"LockIndex":1,"Key":"k","Flags":0,"CreateIndex":1,)"
           R"("ModifyIndex":9223372036854775808}])",
           R"([{"LockIndex":1,"Key":"k","Flags":0,"CreateIndex":9223372036854775808,)"
           R"("ModifyIndex":1}])",
           R"([{"LockIndex":18446744073709551615,"Key":"k","Flags":0,"CreateIndex":1,)"
           R"("ModifyIndex":1}])",
       }) {
    INFO(body);
    CHECK_FALSE(reader.kv(body));
  }
  CHECK_FALSE(reader.kv(held_key + "x"));
  CHECK_FALSE(reader.kv(held_key + "[]"));
  CHECK(reader.kv(R"([{"LockIndex":1,"Key":"k","Flags":0,"CreateIndex":1,)"
                  R"("ModifyIndex":9223372036854775807}])"));
  CHECK(reader.kv(held_key + "\n"));
  CHECK(reader.kv("[]"));
  CHECK_FALSE(reader.txn(R"({"Results":null})"));
  CHECK_FALSE(reader.txn(R"({"Errors":null})"));
  CHECK_FALSE(reader.txn("[]"));
  CHECK_FALSE(reader.txn(R"({"Results":null,"Errors":[{"OpIndex":0}]})"));
  CHECK_FALSE(reader.txn(R"({"Results":null,"Errors":[{"OpIndex":-1,"What":"x"}]})"));
  CHECK_FALSE(reader.session_id(R"({"ID":""})"));
  CHECK_FALSE(reader.session_id("{}"));
  CHECK_FALSE(reader.text("127"));
  CHECK_FALSE(reader.sessions(
      R"([{"ID":"a","LockDelay":0,"Behavior":"keep","CreateIndex":1,"ModifyIndex":1}])"));
}

TEST_CASE("a parser reads the next answer after a malformed one") {
  readers reader;
  CHECK_FALSE(reader.kv(R"([{"Key":)"));
  CHECK(reader.kv(held_key));
  CHECK_FALSE(reader.txn(std::string(100'000, '[')));
  CHECK(reader.txn(committed));
}

}  // namespace
