// What tenure-cron reads of the values of its keys in Consul.
#include <chrono>
#include <memory>
#include <string>

#include "target.hpp"
#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/ledger/tick_rules.hpp"
#include "tenure-cron/term/control_state.hpp"

namespace {

using namespace tenure::cron;
using tenure::fuzz::require;

// What a new term makes of it, by a clock that is right.
void begin_term(ledger_document document) {
  const sys_seconds now = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2);
  job what(schedule::parse("@every 1s"), named_zone("UTC", std::make_shared<utc_zone>()));
  what.name = "a";
  what.retry_unknown = true;
  document.digest = what.digest();
  take_over(document, what, now, [] { return std::string("new"); });
  const plan next = plan_next(what, document.last_tick.value_or(now), document.highest(), now);
  const decision made = decide(what, next, now, false, skip_reason::no_leader);
  require(made.run.size() <= most_catch_up, "there is a limit to what is caught up");
}

void read(std::string_view input) {
  const unsigned choice = tenure::fuzz::take_choice(input, 3);
  const std::string text(input);
  if (choice == 0) {
    if (const auto document = parse_ledger_document(text)) {
      const std::string written = to_json(*document);
      const auto again = parse_ledger_document(written);
      require(again && to_json(*again) == written, "a ledger is read as it was written");
      begin_term(*document);
    }
  } else if (choice == 1) {
    if (const auto page = parse_ledger_page(text)) {
      const std::string written = page_to_json(*page);
      const auto again = parse_ledger_page(written);
      require(again && page_to_json(*again) == written, "a page is read as it was written");
    }
  } else {
    to_json(parse_operator_note(text));
  }
}

const tenure::fuzz::target it("cron_ledgers", read);

}  // namespace
