// Keys: writes and reads, byte by byte.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

std::string entry(const std::string& key, const shown_key& k, std::string_view value,
                  std::string_view flags = "0") {
  return R"({"LockIndex":0,"Key":")" + key + R"(","Flags":)" + std::string(flags) +
         R"(,"Value":)" + std::string(value) +
         R"(,"CreateIndex":)" + std::to_string(k.create_index) +
         R"(,"ModifyIndex":)" + std::to_string(k.modify_index) + "}";
}

}  // namespace

TEST_CASE("A key is written and read") {
  CHECK(seen(ask("PUT", "/v1/kv/kv/a?flags=18446744073709551615", "hello")) ==
        json_answer("true"));
  const shown_key a = show("kv/a");
  CHECK(a.create_index == a.modify_index);
  CHECK(a.flags == 18446744073709551615U);  // flags are 64 bits, which no double can hold
  const std::string body =
      "[" + entry("kv/a", a, R"("aGVsbG8=")", "18446744073709551615") + "]";
  CHECK(seen(ask("GET", "/v1/kv/kv/a")) == query_answer(a.modify_index, body));
  CHECK(seen(ask("GET", "/v1/kv/kv/a?consistent")) == query_answer(a.modify_index, body));
  CHECK(seen(ask("GET", "/v1/kv/kv/a?stale")) == query_answer(a.modify_index, body));
  CHECK(seen(ask("GET", "/v1/kv/kv/a?index=0&wait=60s")) == query_answer(a.modify_index, body));
  CHECK(seen(ask("GET", "/v1/kv/kv/a?recurse&raw")) == query_answer(a.modify_index, body));
}

TEST_CASE("A plain write replaces value and flags; an equal one changes nothing") {
  put("kv/same?flags=7", "one");
  const shown_key before = show("kv/same");
  put("kv/same?flags=7", "one");
  CHECK(show("kv/same").modify_index == before.modify_index);
  put("kv/same", "one");
  const shown_key after = show("kv/same");
  CHECK(after.modify_index > before.modify_index);
  CHECK(after.create_index == before.create_index);
  CHECK(after.flags == 0);
}

TEST_CASE("An empty value is null") {
  put("kv/empty");
  const shown_key k = show("kv/empty");
  CHECK(seen(ask("GET", "/v1/kv/kv/empty")) ==
        query_answer(k.modify_index, "[" + entry("kv/empty", k, "null") + "]"));
}

TEST_CASE("A raw read returns the bytes of the value") {
  put("kv/raw", "{\"a\": 1}\n");
  const std::string index = std::to_string(show("kv/raw").modify_index);
  CHECK(seen(ask("GET", "/v1/kv/kv/raw?raw")) ==
        "200 OK\nContent-Security-Policy: sandbox\nContent-Type: text/plain\n"
        "Vary: Accept-Encoding\nX-Consul-Index: " + index +
            "\nX-Consul-Knownleader: true\nX-Consul-Lastcontact: 0\n"
            "X-Content-Type-Options: nosniff\n\n{\"a\": 1}\n");
}

TEST_CASE("Names are escaped in paths and in JSON") {
  put("kv/n%C3%A9%20a+b%2Fc%3Fd", "x");  // a plus in a path is a plus
  const shown_key k = show("kv/n%C3%A9%20a+b%2Fc%3Fd");
  CHECK(seen(ask("GET", "/v1/kv/kv/n?recurse")) ==
        query_answer(k.modify_index, "[" + entry("kv/n\xc3\xa9 a+b/c?d", k, R"("eA==")") + "]"));
  // JSON accepts any text. Invalid UTF-8 comes back as Go replaces it.
  CHECK(txn({op("set", R"(kv/q\"<&>\u0001\u2028\n\b\ud83d\ude00\ud800)"), op("set", "kv/q\xff")})
            .status == 200);
  put("kv/q%FF", "x");
  CHECK(ask("GET", "/v1/kv/kv/q?keys").body ==
        "[\"kv/q\\\"\\u003c\\u0026\\u003e\\u0001\\u2028\\n" +
            std::string(by_version("\\u0008", "\\b")) + "\xf0\x9f\x98\x80"
        "\xef\xbf\xbd\","
        "\"kv/q\xef\xbf\xbd\",\"kv/q\\ufffd\"]");
  // A path accepts printable characters only.
  for (const char* path : {"/v1/kv/kv/%01", "/v1/kv/kv/%E2%80%A8", "/v1/kv/kv/%7F", "/v1/%00",
                           "/v1/kv//kv/%C2%A0"}) {
    CHECK(seen(ask("GET", path)) == "400 Bad Request\n\n");
  }
}

TEST_CASE("Listings: a tree, its keys, its folders") {
  for (const char* key : {"kv/l/a", "kv/l/b/1", "kv/l/b/2", "kv/l/c/d/e", "kv/l0"}) put(key, "v");
  const std::uint64_t index = show("kv/l/c/d/e").modify_index;
  CHECK(seen(ask("GET", "/v1/kv/kv/l/?keys")) ==
        query_answer(index, R"(["kv/l/a","kv/l/b/1","kv/l/b/2","kv/l/c/d/e"])"));
  CHECK(seen(ask("GET", "/v1/kv/kv/l/?keys&separator=/")) ==
        query_answer(index, R"(["kv/l/a","kv/l/b/","kv/l/c/"])"));
  // The old misspelling still works, and a prefix may end within a name.
  CHECK(ask("GET", "/v1/kv/kv/l?keys&seperator=/").body == R"(["kv/l/","kv/l0"])");
  CHECK(ask("GET", "/v1/kv/kv/l/b/?keys&separator=b").body == R"(["kv/l/b/1","kv/l/b/2"])");
  const shown_key one = show("kv/l/b/1");
  const shown_key two = show("kv/l/b/2");
  CHECK(seen(ask("GET", "/v1/kv/kv/l/b?recurse")) ==
        query_answer(two.modify_index, "[" + entry("kv/l/b/1", one, R"("dg==")") + "," +
                                           entry("kv/l/b/2", two, R"("dg==")") + "]"));
}

TEST_CASE("?pretty has the layout of Go") {
  put("kv/pretty", "v");
  const shown_key k = show("kv/pretty");
  const std::string index = std::to_string(k.modify_index);
  CHECK(ask("GET", "/v1/kv/kv/pretty?pretty").body ==
        "[\n    {\n        \"LockIndex\": 0,\n        \"Key\": \"kv/pretty\",\n"
        "        \"Flags\": 0,\n        \"Value\": \"dg==\",\n        \"CreateIndex\": " + index +
            ",\n        \"ModifyIndex\": " + index + "\n    }\n]\n");
  CHECK(ask("PUT", "/v1/kv/kv/pretty?pretty", "v").body == "true\n");
  CHECK(ask("GET", "/v1/session/info/11111111-1111-1111-1111-111111111111?pretty").body == "[]\n");
}

TEST_CASE("Missing keys and empty listings") {
  put("kv/gone", "x");
  CHECK(seen(ask("DELETE", "/v1/kv/kv/gone")) == json_answer("true"));
  // A missing key and an empty listing have the index of the last write to any key. A listing also
  // has the index of deletions below it.
  const std::uint64_t deleted = ask("GET", "/v1/kv/kv/gone").index();
  CHECK(seen(ask("GET", "/v1/kv/kv/gone")) == missing_answer(deleted));
  CHECK(seen(ask("GET", "/v1/kv/kv/gone?raw")) == missing_answer(deleted));
  put("kv/other", "x");
  const std::uint64_t written = show("kv/other").modify_index;
  CHECK(written > deleted);
  CHECK(seen(ask("GET", "/v1/kv/kv/gone")) == missing_answer(written));
  CHECK(seen(ask("GET", "/v1/kv/kv/gone?recurse")) == missing_answer(deleted));
  CHECK(seen(ask("GET", "/v1/kv/kv/gone?keys")) == missing_answer(deleted));
  CHECK(seen(ask("GET", "/v1/kv/kv/never?recurse")) == missing_answer(written));
  CHECK(seen(ask("DELETE", "/v1/kv/kv/never")) == json_answer("true"));
}

TEST_CASE("Check and set") {
  CHECK(seen(ask("PUT", "/v1/kv/kv/cas?cas=1", "x")) == json_answer("false"));
  CHECK(seen(ask("PUT", "/v1/kv/kv/cas?cas=0", "one")) == json_answer("true"));
  CHECK(ask("PUT", "/v1/kv/kv/cas?cas=0", "two").body == "false");
  const std::string index = std::to_string(show("kv/cas").modify_index);
  CHECK(ask("PUT", "/v1/kv/kv/cas?cas=" + index + "&flags=3", "two").body == "true");
  CHECK(ask("PUT", "/v1/kv/kv/cas?cas=" + index, "three").body == "false");
  CHECK(show("kv/cas").value == "two");
  CHECK(show("kv/cas").flags == 3);

  CHECK(ask("DELETE", "/v1/kv/kv/cas?cas=" + index).body == "false");
  CHECK(ask("DELETE", "/v1/kv/kv/cas?cas=" + std::to_string(show("kv/cas").modify_index)).body ==
        "true");
  CHECK_FALSE(show("kv/cas").exists);
  CHECK(ask("DELETE", "/v1/kv/kv/cas?cas=1").body == "true");  // no key: already deleted
}

TEST_CASE("Deleting a tree deletes by string prefix") {
  for (const char* key : {"kv/t/a", "kv/t/b", "kv/tx", "kv/u"}) put(key, "v");
  CHECK(seen(ask("DELETE", "/v1/kv/kv/t?recurse")) == json_answer("true"));
  CHECK_FALSE(show("kv/t/a").exists);
  CHECK_FALSE(show("kv/tx").exists);
  CHECK(show("kv/u").exists);
}

TEST_CASE("A recreated key has a new CreateIndex") {
  put("kv/again", "x");
  const shown_key first = show("kv/again");
  ask("DELETE", "/v1/kv/kv/again");
  put("kv/again", "x");
  const shown_key second = show("kv/again");
  CHECK(second.create_index > first.modify_index);
  CHECK(second.create_index == second.modify_index);
}

TEST_CASE("Values up to 512 KiB") {
  const std::string most(512 * 1024, 'x');
  CHECK(ask("PUT", "/v1/kv/kv/large", most).body == "true");
  CHECK(ask("GET", "/v1/kv/kv/large?raw").body == most);
  ask("DELETE", "/v1/kv/kv/large");
}

}  // namespace tenure::test
