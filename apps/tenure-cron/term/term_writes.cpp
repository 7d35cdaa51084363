// The documents of a term in Consul. Each is written by one coroutine at a time, over the version
// that this term has read or written last, and under the guard of the term. So a write that arrives
// late, or a second time, changes nothing.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

#include "tenure-cron/schedule/stable_hash.hpp"
#include "tenure-cron/term/term_core.hpp"
#include "tenure-cron/term/write_attempt.hpp"
#include "tenure-cron/testing/seeded_bug.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// What need not be stored before something else happens is stored within this time.
constexpr duration lazy_delay = 250ms;
constexpr std::size_t writes_per_turn = 100;
// A shorter `history:` makes many pages too old at once. A transaction has no room for all.
constexpr std::size_t removals_per_write = 8;
// A write that lost a race, or its answer, is made again at once; a second time it waits.
constexpr unsigned free_retries = 1;

}  // namespace

void term_core::write_soon(const tracked_ptr& which) {
  which->dirty = true;
  if (which->writing || std::exchange(which->queued, true)) return;
  lazy_.push_back(which);
  if (lazy_.size() == 1) changed_.notify_all();
}

void term_core::write_now(const tracked_ptr& which) {
  which->dirty = true;
  if (std::exchange(which->writing, true)) return;
  ++writes_;
  asio::co_spawn(lane_.executor, write_document(which), asio::detached);
}

asio::awaitable<void> term_core::flush_lazily() {
  for (;;) {
    while (lazy_.empty()) co_await changed_.wait();
    co_await runtime::sleep_until(lane_.timers, lane_.timers.now() + lazy_delay);
    std::size_t begun = 0;
    const std::vector<tracked_ptr> all = std::exchange(lazy_, {});
    for (const tracked_ptr& which : all) which->queued = false;
    for (const tracked_ptr& which : all) {
      if (which->dirty) write_now(which);
      if (++begun % writes_per_turn == 0) co_await asio::post(lane_.executor, asio::use_awaitable);
    }
  }
}

std::shared_ptr<write_attempt> term_core::make_attempt(const tracked_ptr& which) {
  auto made = std::make_shared<write_attempt>();
  ledger_document& d = which->document;
  const job& what = *which->what;
  if (d.recent.size() >= records_per_page) {
    const auto end = d.recent.begin() + records_per_page;
    which->sealed.emplace_back(++d.pages, page_to_json({d.recent.begin(), end}));
    d.recent.erase(d.recent.begin(), end);
  }
  for (const auto& [number, text] : which->sealed)
    made->writes.set(lane_.keys.page(what.name, number), text);
  made->pages = which->sealed.size();
  const std::uint64_t kept = (what.history + records_per_page - 1) / records_per_page;
  d.first_page = which->stored_first_page;
  for (std::size_t i = 0; i < removals_per_write && d.first_page + kept <= d.pages; ++i)
    made->writes.remove(lane_.keys.page(what.name, d.first_page++));
  made->first_page = d.first_page;
  for (const auto& [id, order] : which->orders) {
    const open_run* const run = d.find_open(id);
    if (run != nullptr && run->what == open_run::state::waiting) continue;
    // The first part fails if the key is gone: another term has taken the order.
    made->writes.set_if(order.key, order.value, order.modify_index);
    made->writes.remove(order.key);
    made->orders.push_back(id);
  }
  made->text = text_to_write(d);
  made->expected = which->index;
  if (bug_enabled(seeded_bug::unguarded_ledger)) {
    made->writes.set(lane_.keys.document(what.name), made->text);
  } else {
    made->writes.set_if(lane_.keys.document(what.name), made->text, which->index);
  }
  made->claims = std::exchange(which->claims, {});
  which->dirty = false;
  return made;
}

asio::awaitable<void> term_core::write_document(tracked_ptr which) {
  const auto self = shared_from_this();
  // What else happens to the document in this turn of the loop goes with it.
  co_await asio::post(lane_.executor, asio::use_awaitable);
  bool first = true;
  while (which->dirty && can_write() && (first || stopping_ || !which->claims.empty())) {
    first = false;
    if (!which->index_known) co_await find_index(which);
    if (!can_write()) break;
    const std::shared_ptr<write_attempt> what = make_attempt(which);
    if (what->plain() && stable_hash(what->text) == which->stored_hash) continue;
    const bool done = co_await carry_out(which, what);
    if (done) {
      const auto stored = which->sealed.begin() + static_cast<std::ptrdiff_t>(what->pages);
      if (what->pages > 0) which->newest_page = std::move(*std::prev(stored));
      which->sealed.erase(which->sealed.begin(), stored);
      orders_ended(which, what->orders);
      if (orders_wait_ && which->document.open.size() < most_open_runs) look_at_orders();
      begin_claimed(which, what->claims);
      // Now rather than before the next claim, which should not wait for it.
      if (!which->index_known && !starts_nothing()) co_await find_index(which);
    } else {
      which->claims.insert(which->claims.begin(), what->claims.begin(), what->claims.end());
      which->dirty = true;
    }
  }
  which->writing = false;
  if (which->dirty && can_write()) write_soon(which);
  forget_dropped(which);
  if (!can_write()) {
    const std::vector<std::string> claims = std::exchange(which->claims, {});
    release_claims(which, claims);
  }
  --writes_;
  changed_.notify_all();
}

// Returns false if another attempt must be made, or the term is over.
asio::awaitable<bool> term_core::carry_out(tracked_ptr which,
                                           std::shared_ptr<write_attempt> what) {
  write_verdict verdict = write_verdict::again;
  while (verdict == write_verdict::again && can_write()) {
    leader_writes writes = what->writes;
    const write_outcome outcome = co_await lane_.store.write(term_, std::move(writes));
    using kind = write_outcome::kind;
    if (lane_.observer != nullptr) lane_.observer->on_ledger_write(outcome.how);
    if (outcome.how == kind::done) {
      which->index = outcome.index;
      which->stored_first_page = what->first_page;
      which->index_known = outcome.index != 0;
      which->stored_hash = stable_hash(what->text);
      verdict = write_verdict::done;
    } else if (outcome.how == kind::not_leading) {
      ended_ = true;
      interrupt();
      verdict = write_verdict::over;
    } else if (outcome.how == kind::failed) {
      note_trouble(which, outcome.detail);
      co_await pause(which->trouble.pause);
    } else if (outcome.how == kind::unknown && bug_enabled(seeded_bug::lost_reply_is_claim)) {
      which->index_known = false;
      which->stored_hash = 0;
      verdict = write_verdict::done;
    } else {
      const bool refused = outcome.how == kind::refused;
      const write_verdict found = co_await look_after(which, what, refused);
      verdict = found;
      const bool retried = verdict != write_verdict::done && can_write();
      if (retried && ++which->trouble.retries > free_retries) {
        note_trouble(which, outcome.detail);
        co_await pause(which->trouble.pause);
      }
    }
  }
  if (verdict == write_verdict::done) end_trouble(which);
  co_return verdict == write_verdict::done;
}

void term_core::note_trouble(const tracked_ptr& which, const std::string& why) {
  if (why.empty() || std::exchange(which->trouble.told, true)) return;
  lane_.log->log(log_level::warn, "ledger write failed",
                 {log_field("job", which->what->name), log_field("error", why),
                  log_field("election", term_.key())});
}

void term_core::end_trouble(const tracked_ptr& which) {
  const write_trouble past = std::exchange(which->trouble, write_trouble());
  if (!past.told) return;
  lane_.log->log(log_level::info, "ledger written again",
                 {log_field("job", which->what->name), log_field("election", term_.key())});
}

// After a lost answer, or a write that was refused: reads what is stored.
asio::awaitable<write_verdict> term_core::look_after(tracked_ptr which,
                                                     std::shared_ptr<write_attempt> what,
                                                     bool refused) {
  const std::string stored = co_await find_index(which);
  if (!can_write()) co_return write_verdict::over;
  if (which->index != what->expected && stored == what->text) {
    which->stored_first_page = what->first_page;
    co_return write_verdict::done;  // it was carried out
  }
  if (which->index != what->expected) co_return write_verdict::rebuild;
  if (!refused) co_return write_verdict::again;
  co_await drop_orders(which, what);
  co_return can_write() ? write_verdict::rebuild : write_verdict::over;
}

// The document is as expected: an order was withdrawn, or an earlier term has taken it.
asio::awaitable<void> term_core::drop_orders(tracked_ptr which,
                                             std::shared_ptr<write_attempt> what) {
  std::vector<std::string> keys;
  for (const std::string& id : what->orders) keys.push_back(which->orders.at(id).key);
  std::string no_prefix;
  const std::vector<ledger_entry> stored =
      co_await read_until_done(std::move(keys), std::move(no_prefix));
  if (!can_write()) co_return;
  for (const std::string& id : what->orders) {
    const run_order order = which->orders.at(id);
    const bool there = std::ranges::any_of(stored, [&](const ledger_entry& e) {
      return e.key == order.key && e.modify_index == order.modify_index;
    });
    if (there) continue;
    orders_ended(which, {id});
    std::erase(what->claims, id);
    give_up(which, id);
  }
}

// A run that another leader has, or that was withdrawn.
void term_core::give_up(const tracked_ptr& which, const std::string& run_id) {
  which->document.take_open(run_id);
  std::erase(which->claims, run_id);
  running_.erase(run_id);
  replaced_.erase(run_id);
  admitted_.erase(run_id);
  lane_.admitted.end(run_id, lane_.clock.now());
  changed_.notify_all();
}

// Their keys are gone, which the watch may not have seen yet. Other orders take their places.
void term_core::orders_ended(const tracked_ptr& which, const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  for (const std::string& id : ids) {
    which->orders.erase(id);
    std::erase_if(control_.orders, [&](const run_order& one) { return one.id == id; });
  }
  look_at_orders();
}

void term_core::look_at_orders() {
  orders_changed_ = true;
  alarm_.interrupt();
}

// Returns what is stored. A person may have edited the document, or have removed it: what this term
// knows is written over it.
asio::awaitable<std::string> term_core::find_index(tracked_ptr which) {
  std::vector<std::string> keys;
  keys.push_back(lane_.keys.document(which->what->name));
  std::string no_prefix;
  const std::vector<ledger_entry> found =
      co_await read_until_done(std::move(keys), std::move(no_prefix));
  std::string stored;
  if (!can_write()) co_return stored;
  which->index = 0;
  if (!found.empty()) {
    which->index = found.front().modify_index;
    stored = found.front().value;
  }
  which->index_known = true;
  which->stored_hash = stable_hash(stored);
  heed_others(which, stored);
  co_return stored;
}

}  // namespace tenure::cron
