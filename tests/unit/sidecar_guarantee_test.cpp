// How far ahead a sidecar can promise leadership, and the span that a promise needs.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "sidecar/config/file.hpp"
#include "sidecar/config/guarantee.hpp"

namespace tenure::sidecar {
namespace {

using namespace std::chrono_literals;

candidacy with_span(duration span) { return candidacy("a").span(span); }

/// The errors of a file with one election, each on a line.
std::string refusal(const std::string& settings) {
  apps::config_errors errors;
  read_config("control: {}\nelections:\n  - name: a\n" + settings, consul_config(), errors);
  std::string all;
  for (const apps::config_error& e : errors.take()) all += e.text + '\n';
  return all;
}

}  // namespace

TEST_CASE("The span for a guarantee is the shortest that allows it") {
  for (const duration guarantee : {duration(0s), duration(1s), duration(30s), duration(10h)}) {
    const auto found = span_for(guarantee, with_span(1s));
    REQUIRE(found);
    CHECK(guarantee_error(guarantee, with_span(*found)).empty());
    if (*found > 1s) CHECK_FALSE(guarantee_error(guarantee, with_span(*found - 1s)).empty());
  }
  CHECK(span_for(1s, with_span(15s)) == 15s);
  CHECK(span_for(30s, with_span(0s)) == 48s);
}

TEST_CASE("A guarantee that no span allows is refused") {
  for (const duration span : {0s, 1s, 18s, 86400s}) {
    CHECK_FALSE(span_for(24h, with_span(span)));
    CHECK_FALSE(span_for(36500 * 24h, with_span(span)));
  }
  for (const char* span : {"", "    span: 18s\n", "    span: 24h\n"}) {
    CAPTURE(span);
    CHECK(refusal(std::string("    guarantee: 36500d\n") + span).find("no span allows this one") !=
          std::string::npos);
  }
  CHECK(refusal("    guarantee: 10h\n    span: 24h\n").empty());
  // The promise of hooks is checked by itself, also where the span is wrong.
  CHECK(refusal("    span: 0s\n    hooks: {dir: /nonexistent}\n").find("choose span: 48s") !=
        std::string::npos);
}

}  // namespace tenure::sidecar
