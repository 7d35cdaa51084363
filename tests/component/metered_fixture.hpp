// Elections whose metrics go to one registry, and what the metrics have to add up to.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <tenure/metrics.hpp>
#include <utility>

#include "election_adversity.hpp"

namespace tenure::test {

/// Elections whose metrics go to one registry.
class metered_fixture : public election_fixture {
 public:
  explicit metered_fixture(agent::handler_options server = {})
      : election_fixture(std::move(server)) {}

  process& add_metered(consul_config config = consul_config()) {
    elections_options options;
    options.metrics(metrics);
    return add(std::move(options), std::move(config));
  }
  std::int64_t operator[](metric which) const { return metrics->value(which); }
  std::int64_t total(metric which) const { return metrics->total(which); }
  void destroy_session(const std::string& id) { ask("PUT", "/v1/session/destroy/" + id); }

  /// What holds once nothing is in flight.
  void check_sums() {
    const auto& all = *this;
    CHECK(all[metric::claims] ==
          all[metric::claims_acquired] + all.total(metric::claims_refused_held) +
              all[metric::claims_failed] + all[metric::claims_unknown]);
    CHECK(all[metric::proofs_sent] + all[metric::proofs_failed_late] ==
          all[metric::proofs_confirmed] + all.total(metric::proofs_failed_error));
    CHECK(all[metric::terms_begun] == all.total(metric::terms_ended_resigned));
    CHECK(all[metric::claims_recovered] <= all[metric::claims_unknown]);
    CHECK(all[metric::watch_wakeups] <= all[metric::watch_polls]);
    for (const metric_info& m : all_metrics) {
      CAPTURE(m.name, m.label_value);
      if (m.type == metric_type::gauge) CHECK(all[m.what] == 0);
    }
  }
  void end() {
    shut_down();
    processes.clear();
    check_sums();
  }

  const std::shared_ptr<metrics_registry> metrics = std::make_shared<metrics_registry>();
};

inline bool is_claim(const runtime::http_request& r) {
  return r.target == "/v1/txn" && claims(r);
}

}  // namespace tenure::test
