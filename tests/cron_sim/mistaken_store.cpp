#include "cron_sim/mistaken_store.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "tenure-cron/ledger/ledger_document.hpp"

namespace tenure::cron_sim {

namespace asio = boost::asio;
using cron::write_outcome;

void mistaken_store::spoil(std::vector<cron::ledger_entry>& read) const {
  const bool last_tick = made_ == mistake::last_tick_from_clock;
  const bool open_runs = made_ == mistake::old_runs_forgotten;
  if (!last_tick && !open_runs) return;
  for (cron::ledger_entry& k : read) {
    auto document = cron::parse_ledger_document(k.value);
    if (!document) continue;
    if (last_tick && document->last_tick) document->last_tick = clock_.now_seconds();
    if (open_runs) document->open.clear();
    k.value = cron::to_json(*document);
  }
}

asio::awaitable<std::vector<cron::ledger_entry>> mistaken_store::read(
    std::vector<std::string> keys) {
  std::vector<cron::ledger_entry> found = co_await honest_.read(std::move(keys));
  spoil(found);
  co_return found;
}

asio::awaitable<std::vector<cron::ledger_entry>> mistaken_store::list(std::string prefix) {
  std::vector<cron::ledger_entry> found = co_await honest_.list(std::move(prefix));
  spoil(found);
  co_return found;
}

asio::awaitable<write_outcome> mistaken_store::write(term leading, leader_writes writes) {
  write_outcome result;
  if (made_ != mistake::unguarded_write) {
    write_outcome honest = co_await honest_.write(std::move(leading), std::move(writes));
    co_return honest;
  }
  result.how = write_outcome::kind::done;
  try {
    co_await write_unguarded(std::move(writes));
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    result.how = write_outcome::kind::failed;
  }
  co_return result;
}

asio::awaitable<void> mistaken_store::set(std::string key, std::string value) {
  kv keys = all_.kv();
  for (bool stored = false; !stored;) {
    const std::optional<stored_key> now = co_await keys.get(key);
    const std::uint64_t index = now ? now->modify_index : 0;
    const bool done = co_await keys.set_if(key, value, index);
    stored = done;
  }
}

asio::awaitable<void> mistaken_store::write_unguarded(leader_writes writes) {
  kv keys = all_.kv();
  for (const leader_writes::entry& e : writes.entries()) {
    if (e.what == leader_writes::kind::set || e.what == leader_writes::kind::set_if) {
      co_await set(e.key, e.value);
      continue;
    }
    const std::optional<stored_key> now = co_await keys.get(e.key);
    const std::uint64_t index = now ? now->modify_index : 0;
    const bool gone = co_await keys.remove_if(e.key, index);
    static_cast<void>(gone);
  }
}

}  // namespace tenure::cron_sim
