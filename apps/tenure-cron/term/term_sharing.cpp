// A stored document that is not the one that this term has stored. Either leaders of two elections
// use one ledger, while --group or `spread:` is changed one replica after the other: each holds its
// own lease, so only the documents can keep their claims apart. Or a snapshot was restored.
#include <algorithm>
#include <iterator>
#include <utility>

#include "tenure-cron/term/term_core.hpp"
#include "tenure-cron/testing/seeded_bug.hpp"

namespace tenure::cron {

namespace {

constexpr std::size_t most_taken = 1000;  // ticks that are remembered

bool has_tick(run_trigger why) noexcept {
  return why == run_trigger::schedule || why == run_trigger::catch_up;
}

/// A restored snapshot has taken away pages that this term had stored: the newest one is stored
/// again.
void store_page_again(tracked_job& which, const ledger_document& restored) {
  const std::uint64_t stored = which.document.pages - which.sealed.size();
  if (restored.pages >= stored || !which.newest_page) return;
  which.sealed.insert(which.sealed.begin(), std::move(*which.newest_page));
  which.newest_page.reset();
  which.dirty = true;
}

}  // namespace

/// Gives up runs that another leader has claimed in the document that is stored, and keeps its
/// records of these ticks: this term writes over that document.
void term_core::heed_others(const tracked_ptr& which, const std::string& stored) {
  const std::optional<ledger_document> theirs = parse_ledger_document(stored);
  if (!theirs) return;
  // A restored snapshot has pages again that this term has removed.
  which->stored_first_page = std::min(which->stored_first_page, theirs->first_page);
  store_page_again(*which, *theirs);
  if (bug_enabled(seeded_bug::others_not_heeded)) return;
  ledger_document& ours = which->document;
  std::string other;
  const auto is_theirs = [&](const auto& run) {
    return !run.run_id.empty() && !run.host.empty() &&
           (run.fence != term_.fence() || run.host != lane_.host);
  };
  // What was decided before this term may be the work of earlier leaders of this election.
  const auto take = [&](const auto& run) {
    if (!has_tick(run.trigger) || run.tick <= which->loaded) return;
    which->taken.emplace(run.tick, false);
    other = run.host;
  };
  std::vector<std::string> lost;
  for (const open_run& run : theirs->open) {
    if (run.what == open_run::state::waiting || !is_theirs(run)) continue;
    take(run);
    if (ours.find_open(run.run_id) == nullptr) continue;
    lost.push_back(run.run_id);
    other = run.host;
  }
  for (const run_record& r : theirs->recent) {
    if (!is_theirs(r)) continue;
    take(r);
    if (ours.find_open(r.run_id) == nullptr) continue;
    lost.push_back(r.run_id);
    other = r.host;
  }
  if (other.empty()) return;
  for (const open_run& run : ours.open)
    if (has_tick(run.trigger) && which->taken.contains(run.tick)) lost.push_back(run.run_id);
  for (const std::string& id : lost)
    if (!begun_.contains(id)) give_up(which, id);
  for (const run_record& r : theirs->recent) {
    const auto found = which->taken.find(r.tick);
    if (!is_theirs(r) || !has_tick(r.trigger) || found == which->taken.end()) continue;
    if (!std::exchange(found->second, true)) cron::add_record(ours, *which->what, r);
  }
  which->dirty = true;
  while (which->taken.size() > most_taken) which->taken.erase(which->taken.begin());
  if (std::exchange(warned_, true)) return;
  lane_.log->log(log_level::warn, "ledger shared by two elections",
                 {log_field("election", term_.key()), log_field("job", which->what->name),
                  log_field("replica", other),
                  log_field("hint", "all replicas need the same --group and spread: stop all of "
                                    "them before you change these")});
}

}  // namespace tenure::cron
