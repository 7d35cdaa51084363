// A hand-over that Consul carries out after its recipient has left the group.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>

#include "group_fixture.hpp"

namespace tenure::test {

struct left_member {
  std::ptrdiff_t held = 0;      ///< elections that its session holds in the end
  std::size_t others_lead = 0;  ///< of the twelve elections of the group
};

/// The session of the member that leaves lives on, in another group.
inline left_member hand_to_left_member() {
  group_fixture b(12);
  group_process& stays = b.join("a");
  b.settle();
  REQUIRE(stays.leads() == 12);
  group_process& leaves = b.join("c");
  std::optional<group> other = leaves.p.elections->join("other", group_fixture::named("c"));
  REQUIRE(b.rt.run_until([&] { return !leaves.session().empty(); }, 1s));
  const std::string session = leaves.session();
  int late = 0;
  stays.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (!has(r.body, "\"unlock\"") || !has(r.body, session)) return fate();
    ++late;
    return fate(3s, 0s);
  };
  REQUIRE(b.rt.run_until([&] { return late > 0; }, 10s));
  b.rt.run(leaves.g->leave());
  REQUIRE(has(b.key("other/members/" + session), session));
  b.settle();
  const auto is_held = [&](const std::string& key) { return has(b.key(key), session); };
  const left_member seen{std::ranges::count_if(b.keys, is_held), stays.leads()};
  b.end();
  return seen;
}

}  // namespace tenure::test
