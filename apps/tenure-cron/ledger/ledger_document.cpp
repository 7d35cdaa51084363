#include "tenure-cron/ledger/ledger_document.hpp"

#include <algorithm>
#include <utility>

namespace tenure::cron {

void ledger_document::add(run_record r, bool follows) {
  if (follows && r.skips_tick() && !recent.empty()) {
    run_record& last = recent.back();
    if (last.skips_tick() && last.reason == r.reason) {
      last.until = r.until;
      last.count += r.count;
      return;
    }
  }
  ++records;
  recent.push_back(std::move(r));
}

sys_seconds ledger_document::highest() const {
  return std::max(last_tick.value_or(sys_seconds()), highest_tick.value_or(sys_seconds()));
}

void ledger_document::decided(sys_seconds tick) {
  const sys_seconds before = highest();
  last_tick = tick;
  highest_tick.reset();
  if (before > tick) highest_tick = before;
}

open_run* ledger_document::find_open(std::string_view run_id) {
  const auto found = std::ranges::find(open, run_id, &open_run::run_id);
  return found == open.end() ? nullptr : &*found;
}

std::optional<open_run> ledger_document::take_open(std::string_view run_id) {
  const auto found = std::ranges::find(open, run_id, &open_run::run_id);
  if (found == open.end()) return std::nullopt;
  std::optional<open_run> taken(std::move(*found));
  open.erase(found);
  return taken;
}

bool ledger_document::mentions(std::string_view run_id) const {
  return std::ranges::find(open, run_id, &open_run::run_id) != open.end() ||
         std::ranges::find(recent, run_id, &run_record::run_id) != recent.end();
}

}  // namespace tenure::cron
