// What tenure-cron reads of the values of its keys in Consul.
#include <string>

#include "target.hpp"
#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/term/control_state.hpp"

namespace {

using namespace tenure::cron;
using tenure::fuzz::require;

void read(std::string_view input) {
  const unsigned choice = tenure::fuzz::take_choice(input, 3);
  const std::string text(input);
  if (choice == 0) {
    if (const auto document = parse_ledger_document(text)) {
      const std::string written = to_json(*document);
      const auto again = parse_ledger_document(written);
      require(again && to_json(*again) == written, "a ledger is read as it was written");
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
