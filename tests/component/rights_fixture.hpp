// A process whose token may lack a right, and the lines about it that an operator sees.
#pragma once

#include <memory>
#include <string>

#include "election_adversity.hpp"

namespace tenure::test {

/// Counts the lines that an operator sees.
class counting_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    if (level >= log_level::warn) ++warnings;
    if (message == "right missing") ++missing;
    if (message == "right granted") ++granted;
    if (message == "right missing" && !fields.empty()) last = fields.front().value();
  }
  int warnings = 0;
  int missing = 0;
  int granted = 0;
  std::string last;
};

struct rights_fixture : election_fixture {
  rights_fixture() : log(std::make_shared<counting_log>()), p(add(with(log))) {}
  static elections_options with(std::shared_ptr<log_sink> sink) {
    elections_options o;
    o.log(std::move(sink));
    return o;
  }
  /// Requests whose target or body has that text are refused from now on. Empty: all.
  void forbid(std::string part, mishap how = mishap::forbidden) {
    p.transport->network = [part, how](runtime::lane, const runtime::http_request& r) {
      return has(r.target, part) || has(r.body, part) ? fate(how) : fate(1ms, 1ms);
    };
  }
  void allow() { p.transport->network = nullptr; }

  std::shared_ptr<counting_log> log;
  process& p;
};

}  // namespace tenure::test
