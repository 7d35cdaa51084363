// What a reload compares: the elections of two files, and the sections that only a start reads.
#include <catch2/catch_test_macros.hpp>

#include "sidecar_config_fixture.hpp"

namespace tenure::test {
namespace {

using namespace std::chrono_literals;

std::string fingerprint(const std::string& text) {
  return read(text).elections.at(0).fingerprint;
}

/// "LINE: SECTION" of the first difference that a reload refuses; empty without one.
std::string difference(const std::string& before, const std::string& now) {
  const auto found = sidecar::first_difference(read(before).fixed, read(now).fixed);
  return found ? std::to_string(found->line) + ": " + found->text : "";
}

}  // namespace

TEST_CASE("an election is unchanged however it is written") {
  const std::string one = fingerprint(R"(
elections:
  - name: db
    span: 5s
    command: {run: [sh, "1"], restart: 2s}
)");
  CHECK(one == fingerprint(R"(
defaults: {span: 5000ms}   # the same by another way
http: {listen: ":1"}
shutdown: 5s
elections:
  - {command: {restart: "2s", run: [sh, '1']}, name: db, key: service/db/leader}
  - {name: other}
)"));
  CHECK(one != fingerprint("elections: [{name: db, span: 6s, "
                           "command: {run: [sh, '1'], restart: 2s}}]"));
  CHECK(one != fingerprint("elections: [{name: db, span: 5s, "
                           "command: {run: [sh, '2'], restart: 2s}}]"));
  CHECK(one != fingerprint("elections: [{name: db, span: 5s}]"));
}

TEST_CASE("the weight and the capacity of a group do not change its elections") {
  const std::string one = fingerprint("elections: [{name: a, group: {prefix: g, member: m}}]");
  CHECK(one == fingerprint("elections: [{name: a, "
                           "group: {prefix: g, member: m, weight: 7, capacity: 3}}]"));
  CHECK(one != fingerprint("elections: [{name: a, group: {prefix: g, member: n}}]"));
  CHECK(one != fingerprint("elections: [{name: a, group: {prefix: h, member: m}}]"));
}

TEST_CASE("what only a start reads is named with the line of its value") {
  const std::string file = "elections: [{name: a}]\nhttp:\n  listen: ':1'\n  ui: true\n";
  CHECK(difference(file, "http: {ui: true, listen: ':1'}\nelections: [{name: b}]").empty());
  CHECK(difference(file, "elections: [{name: a}]\nhttp:\n  listen: ':2'\n  ui: true\n") ==
        "3: http: listen");
  CHECK(difference(file, file + "  probe: ':3'\n") == "5: http: probe");
  CHECK(difference(file, file + "liveness: 2s\n") == "5: liveness");
  CHECK(difference(file, file + "control: {socket: /tmp/s}\n") == "5: control");
  CHECK(difference(file, "elections: [{name: a}]\nhttp:\n  listen: ':1'\n") == "3: http");
  CHECK(difference(file, "elections: [{name: a}]\n") == "1: http");
  CHECK(difference("elections: [{name: a}]\nconsul: {address: 'a:1'}",
                   "elections: [{name: a}]\nconsul: {address: 'a:2'}") == "2: consul: address");
}

TEST_CASE("the time for the way out is between a second and a day") {
  CHECK(read("elections: [{name: a}]\nshutdown: 20s").shutdown == duration(20s));
  CHECK(!read("elections: [{name: a}]").shutdown);
  apps::config_errors errors;
  sidecar::read_config("elections: [{name: a}]\nshutdown: 500ms", consul_config(), errors);
  const auto all = errors.take();
  REQUIRE(all.size() == 1);
  CHECK(all[0].line == 2);
  CHECK(all[0].text == "the file: shutdown: 500ms is out of range: choose 1s to 24h");
}

}  // namespace tenure::test
