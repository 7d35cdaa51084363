// Transactions: all or nothing, their results and their errors.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

using texts = std::vector<std::string>;

constexpr const char* no_session = "11111111-1111-1111-1111-111111111111";

std::string result(const std::string& key, const shown_key& k, std::string_view value = "null") {
  std::string text = R"({"KV":{"LockIndex":)" + std::to_string(k.lock_index) + R"(,"Key":")" +
                     key + R"(","Flags":)" + std::to_string(k.flags) + R"(,"Value":)" +
                     std::string(value);
  if (!k.session.empty()) text += R"(,"Session":")" + k.session + '"';
  return text + R"(,"CreateIndex":)" + std::to_string(k.create_index) + R"(,"ModifyIndex":)" +
         std::to_string(k.modify_index) + "}}";
}

/// The part of an answer that only read-only transactions have.
std::string read_only_tail() {
  return by_version(R"(,"Index":0,"LastContact":0,"KnownLeader":true,"ConsistencyLevel":""})",
                    R"(,"Index":1,"LastContact":0,"KnownLeader":true,"ConsistencyLevel":"",)"
                    R"("NotModified":false,"Backend":0,"ResultsFilteredByACLs":false})");
}

std::string read_answer(int status, const char* reason, const std::string& body) {
  return std::to_string(status) + " " + reason +
         "\nContent-Type: application/json\nVary: Accept-Encoding\n"
         "X-Consul-Knownleader: true\nX-Consul-Lastcontact: 0\n\n" +
         body;
}

}  // namespace

TEST_CASE("Results of every verb") {
  const std::string a = make_session();
  put("txn/old", "o");
  const shown_key old = show("txn/old");
  const http_answer answer =
      txn({op("set", "txn/v/set", R"("Value":"dg==","Flags":7)"), op("get", "txn/v/set"),
           op_session("lock", "txn/v/lock", a, "host"), op("set", "txn/v/null"),
           op_index("cas", "txn/v/cas", 0, "v"), op("get-tree", "txn/v/"),
           op_index("check-index", "txn/old", old.modify_index),
           op_session("check-session", "txn/v/lock", a), op("check-not-exists", "txn/none"),
           op_session("unlock", "txn/v/lock", a), op_index("delete-cas", "txn/none", 1),
           op("delete", "txn/old"), op("delete-tree", "txn/nothing/")});
  const shown_key set = show("txn/v/set");
  const shown_key cas = show("txn/v/cas");
  const shown_key null = show("txn/v/null");
  const shown_key unlocked = show("txn/v/lock");
  shown_key locked = unlocked;
  locked.session = a;
  CHECK(seen(answer) ==
        json_answer(R"({"Results":[)" + result("txn/v/set", set) + "," +
                    result("txn/v/set", set, R"("dg==")") + "," + result("txn/v/lock", locked) +
                    "," + result("txn/v/null", null) + "," + result("txn/v/cas", cas) + "," +
                    result("txn/v/cas", cas, R"("dg==")") + "," +
                    result("txn/v/lock", locked, R"("aG9zdA==")") + "," +
                    result("txn/v/null", null) + "," +
                    result("txn/v/set", set, R"("dg==")") + "," + result("txn/old", old) + "," +
                    result("txn/v/lock", locked) + "," + result("txn/v/lock", unlocked) +
                    R"(],"Errors":null})"));
  // One transaction, one index: the answer of an acquisition has its fencing token.
  CHECK(set.modify_index == unlocked.modify_index);
  CHECK(unlocked.value.empty());  // as with a release, a missing value empties the key
  CHECK_FALSE(show("txn/old").exists);
}

TEST_CASE("A read-only transaction has no index, and a different answer") {
  put("txn/read", "v");
  const shown_key k = show("txn/read");
  const std::string body =
      R"({"Results":[)" + result("txn/read", k, R"("dg==")") + R"(],"Errors":null)" +
      read_only_tail();
  CHECK(seen(txn({op("get", "txn/read")})) == read_answer(200, "OK", body));
  CHECK(seen(txn({op("get", "txn/read")}, "?consistent")) == read_answer(200, "OK", body));
  CHECK(seen(txn({op("get", "txn/read")}, "?stale")) == read_answer(200, "OK", body));
  CHECK(seen(txn({op("get", "txn/read")}, "?index=99999999999999999&wait=60s")) ==
        read_answer(200, "OK", body));  // it never blocks
  CHECK(seen(txn({op("get", "txn/read")}, "?stale&consistent")) ==
        text_answer(400, "Bad Request",
                    "Cannot specify ?stale with ?consistent, conflicting semantics."));
  const std::string nothing = std::string(R"({"Results":[],"Errors":null)") + read_only_tail();
  CHECK(seen(txn({op("get-tree", "txn/nowhere/")})) == read_answer(200, "OK", nothing));
  CHECK(seen(txn({op("check-not-exists", "txn/nowhere")})) == read_answer(200, "OK", nothing));
  CHECK(seen(txn({})) == read_answer(200, "OK", nothing));
  CHECK(seen(ask("PUT", "/v1/txn", "null")) == read_answer(200, "OK", nothing));
  CHECK(seen(txn({"{}"})) == read_answer(200, "OK", nothing));
  CHECK(seen(txn({op("get", "txn/nowhere")})) ==
        read_answer(409, "Conflict",
                    R"({"Results":null,"Errors":[{"OpIndex":0,"What":"key \"txn/nowhere\" doesn't)"
                    R"( exist"}])" + read_only_tail()));
  // A writing one ignores it.
  CHECK(txn({op_value("set", "txn/read", "w")}, "?stale&consistent").status == 200);
}

TEST_CASE("The errors of the state, all reported together") {
  const std::string a = make_session();
  const std::string b = make_session();
  put("txn/free", "v");
  CHECK(acquire("txn/held", a, "v"));
  const shown_key held = show("txn/held");
  const std::string index = std::to_string(held.modify_index);
  CHECK(refusals(txn({
            op_session("lock", "txn/held", b),
            op_session("lock", "txn/free", no_session),
            op_session("lock", "txn/free", "zz"),
            op("lock", "txn/free"),
            op_session("unlock", "txn/held", b),
            op_session("unlock", "txn/none", b),
            op("unlock", "txn/held"),
            op_index("cas", "txn/held", 1),
            op_index("cas", "txn/none", 1),
            op_index("cas", "txn/held", 0),
            op_index("delete-cas", "txn/held", 1),
            op_session("check-session", "txn/held", b),
            op_session("check-session", "txn/none", b),
            op_index("check-index", "txn/held", 1),
            op_index("check-index", "txn/none", 1),
            op("check-not-exists", "txn/held"),
            op("get", "txn/none"),
        })) == texts{
                   "0: failed to lock key \"txn/held\", lock is already held",
                   "1: invalid session \"11111111-1111-1111-1111-111111111111\"",
                   by_version("2: failed session lookup: index error: UUID must be 36 characters",
                              "2: invalid session \"zz\""),
                   "3: missing session",
                   "4: failed to unlock key \"txn/held\", lock isn't held, or is held by another "
                   "session",
                   "5: failed to unlock key \"txn/none\", lock isn't held, or is held by another "
                   "session",
                   "6: missing session",
                   "7: failed to set key \"txn/held\", index is stale",
                   "8: failed to set key \"txn/none\", index is stale",
                   "9: failed to set key \"txn/held\", index is stale",
                   "10: failed to delete key \"txn/held\", index is stale",
                   "11: failed session check for key \"txn/held\", current session \"" + a +
                       "\" != \"" + b + "\"",
                   "12: failed to check session, key \"txn/none\" doesn't exist",
                   "13: failed index check for key \"txn/held\", current modify index " + index +
                       " != 1",
                   "14: failed to check index, key \"txn/none\" doesn't exist",
                   "15: key \"txn/held\" exists",
                   "16: key \"txn/none\" doesn't exist",
               });
  CHECK(show("txn/held").modify_index == held.modify_index);
}

TEST_CASE("An unknown verb, and get-or-empty") {
  put("txn/verb", "v");
  const shown_key k = show("txn/verb");
  const http_answer empty = txn({op("get-or-empty", "txn/verb"), op("get-or-empty", "txn/none")});
  const http_answer unknown = txn({op("get", "txn/none"), op("", "txn/verb"), op("x", "txn/verb")});
  if (newer()) {
    CHECK(empty.body ==
          R"({"Results":[)" + result("txn/verb", k, R"("dg==")") + "," +
              result("txn/none", shown_key()) + R"(],"Errors":null)" + read_only_tail());
    // Consul looks at the verbs first.
    CHECK(refusals(unknown) == texts{"1: unknown KV operation: ", "2: unknown KV operation: x"});
    return;
  }
  CHECK(refusals(empty) == texts{"0: unknown KV verb \"get-or-empty\"",
                                 "1: unknown KV verb \"get-or-empty\""});
  CHECK(refusals(unknown) == texts{"0: key \"txn/none\" doesn't exist",
                                   "1: unknown KV verb \"\"", "2: unknown KV verb \"x\""});
}

TEST_CASE("Errors have two phases: keys and lock-delay, then the state") {
  const std::string a = make_session();
  const std::string b = make_session();
  const std::string dying = make_session(R"({"LockDelay":"60s"})");
  CHECK(acquire("txn/p/held", a, "v"));
  CHECK(acquire("txn/p/delayed", dying, "v"));
  destroy_session(dying);
  CHECK(refusals(txn({op_session("lock", "txn/p/delayed", b), op_session("lock", "txn/p/held", b),
                      op_session("lock", "txn/p/free", no_session), op("set", ""),
                      op("get", "txn/p/none")})) ==
        texts{"0: failed to lock key \"txn/p/delayed\" due to lock delay", "3: Must provide key"});
  // The second phase finds dead sessions and held keys.
  CHECK(refusals(txn({op_session("lock", "txn/p/held", b),
                      op_session("lock", "txn/p/free", no_session)})) ==
        texts{"0: failed to lock key \"txn/p/held\", lock is already held",
              "1: invalid session \"11111111-1111-1111-1111-111111111111\""});
  CHECK(refusals(txn({op("get-tree", "")})) == texts{"0: Must provide key"});
}

TEST_CASE("All or nothing") {
  const std::string a = make_session();
  const std::string b = make_session();
  put("txn/n/key", "before");
  CHECK(acquire("txn/n/held", a, "v"));
  const shown_key key = show("txn/n/key");
  const shown_key held = show("txn/n/held");
  CHECK(refusals(txn({op_value("set", "txn/n/key", "after"), op_value("set", "txn/n/new", "x"),
                      op_session("lock", "txn/n/lock", a), op_session("unlock", "txn/n/held", a),
                      op("delete-tree", "txn/n/"), op_value("set", "txn/n/key", "again"),
                      op("get", "txn/n/none")})) ==
        texts{"6: key \"txn/n/none\" doesn't exist"});
  CHECK(show("txn/n/key").value == "before");
  CHECK(show("txn/n/key").modify_index == key.modify_index);
  CHECK_FALSE(show("txn/n/new").exists);
  CHECK_FALSE(show("txn/n/lock").exists);
  CHECK(show("txn/n/held").session == a);
  CHECK(show("txn/n/held").modify_index == held.modify_index);
  // The rollback includes the holder: the end of the session frees only keys that it still holds.
  CHECK(acquire("txn/n/lock", b, "v"));
  destroy_session(a);
  CHECK(show("txn/n/held").session.empty());
  CHECK(show("txn/n/lock").session == b);
}

TEST_CASE("Operations see the effects of earlier ones") {
  CHECK(txn({op_value("set", "txn/o/a", "1"), op_value("set", "txn/o/a", "2"),
             op("get", "txn/o/a"), op("delete", "txn/o/a"), op("check-not-exists", "txn/o/a"),
             op_index("cas", "txn/o/a", 0, "3")})
            .status == 200);
  CHECK(show("txn/o/a").value == "3");
}

TEST_CASE("One transaction hands a key from one session to another") {
  const std::string a = make_session();
  const std::string b = make_session();
  CHECK(acquire("txn/hand", a, "host-a"));
  const shown_key before = show("txn/hand");
  CHECK(txn({op_index("check-index", "txn/hand", before.modify_index),
             op_session("unlock", "txn/hand", a), op_session("lock", "txn/hand", b, "host-b")})
            .status == 200);
  const shown_key after = show("txn/hand");
  CHECK(after.session == b);
  CHECK(after.value == "host-b");
  CHECK(after.lock_index == before.lock_index + 1);
  CHECK(after.modify_index > before.modify_index);
  // It fails if the giver no longer holds the key, or if the receiver is dead.
  CHECK(refusals(txn({op_session("unlock", "txn/hand", a), op_session("lock", "txn/hand", a)}))
            .size() == 2);
  destroy_session(a);
  CHECK(refusals(txn({op_session("unlock", "txn/hand", b), op_session("lock", "txn/hand", a)})) ==
        texts{"1: invalid session \"" + a + "\""});
  CHECK(show("txn/hand").session == b);
}

TEST_CASE("At most 64 operations, since 1.14 128") {
  std::string body = "[";
  const int most = by_version(64, 128);
  for (int i = 0; i < most; ++i) body += op("set", "txn/64/" + std::to_string(i)) + ",";
  body.back() = ']';
  CHECK(ask("PUT", "/v1/txn", body).status == 200);
  CHECK(show("txn/64/" + std::to_string(most - 1)).exists);
  body.back() = ',';
  CHECK(seen(ask("PUT", "/v1/txn", body + "{}]")) ==
        text_answer(413, "Request Entity Too Large",
                    by_version("Transaction contains too many operations (65 > 64)",
                               "Transaction contains too many operations (129 > 128)")));
}

TEST_CASE("Invalid bodies") {
  struct wrong {
    std::string body;
    const char* text;
  };
  for (const wrong& w : {
           wrong{"", "EOF"},
           {"x", "invalid character 'x' looking for beginning of value"},
           {"[", "unexpected EOF"},
           {"{}", "json: cannot unmarshal object into Go value of type api.TxnOps"},
           {"[1]", "json: cannot unmarshal number into Go value of type api.TxnOp"},
           {R"([{"Nonsense":{}}])", R"(json: unknown field "Nonsense")"},
           // The documented verb is refused.
           {R"([{"Session":{"Verb":"delete"}}])", R"(json: unknown field "Session")"},
           {R"([{"KV":[]}])", "json: cannot unmarshal array into Go struct field TxnOp.KV of type "
                              "api.KVTxnOp"},
           {"[" + op("set", "k", R"("Wrong":1)") + "]", R"(json: unknown field "Wrong")"},
           {"[" + op("set", "k", R"("Value":1)") + "]",
            "json: cannot unmarshal number into Go struct field KVTxnOp.KV.Value of type []uint8"},
           {"[" + op("set", "k", R"("Value":"%")") + "]",
            "illegal base64 data at input byte 0"},
           {"[" + op("set", "k", R"("Flags":-1)") + "]",
            "json: cannot unmarshal number -1 into Go struct field KVTxnOp.KV.Flags of type "
            "uint64"},
           {"[" + op("set", "k", R"("Index":18446744073709551616)") + "]",
            "json: cannot unmarshal number 18446744073709551616 into Go struct field "
            "KVTxnOp.KV.Index of type uint64"},
       }) {
    INFO(w.body);
    CHECK(seen(ask("PUT", "/v1/txn", w.body)) ==
          text_answer(400, "Bad Request", std::string("Failed to parse body: ") + w.text));
  }
  // Member names in any case, and 64 bits of flags.
  CHECK(ask("PUT", "/v1/txn",
            R"([{"kv":{"verb":"set","key":"txn/c","value":"dg==","flags":18446744073709551615}}])")
            .status == 200);
  CHECK(show("txn/c").flags == 18446744073709551615U);
}

}  // namespace tenure::test
