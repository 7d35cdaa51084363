#include "tenure-cron/ledger/consul_ledger_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <tenure/toolkit/async_condition.hpp>
#include <unordered_map>
#include <utility>

namespace tenure::cron {

namespace asio = boost::asio;
using boost::system::system_error;

namespace {

// The waits of shared reads have no deadline.
class timers_without_alarm final : public runtime::timers {
 public:
  time_point now() const noexcept override { return time_point::min(); }
  void arm(runtime::timer&, time_point) override {}
  void disarm(runtime::timer&) noexcept override {}
};

runtime::timers& no_timers() {
  static timers_without_alarm only;
  return only;
}

std::vector<ledger_entry> entries_of(std::vector<stored_key> found) {
  std::vector<ledger_entry> made;
  made.reserve(found.size());
  for (stored_key& k : found)
    made.emplace_back(std::move(k.key), std::move(k.value), k.modify_index);
  return made;
}

write_outcome outcome_of(const system_error& e) {
  write_outcome made;
  if (!is_logged_by_library(e.code())) made.detail = e.what();
  if (e.code() == errc::not_leading) {
    made.how = write_outcome::kind::not_leading;
  } else if (e.code() == errc::refused) {
    made.how = write_outcome::kind::refused;
  } else if (e.code() == errc::outcome_unknown || e.code() == consul_errc::outcome_unknown ||
             e.code() == errc::shut_down) {
    made.how = write_outcome::kind::unknown;
  } else {
    made.how = write_outcome::kind::failed;
  }
  return made;
}

}  // namespace

class consul_ledger_store::shared_read {
 public:
  explicit shared_read(std::string below = {}) : prefix(std::move(below)) {}

  /// May take part: it has not begun.
  bool open() const noexcept { return !begun; }

  const std::string prefix;  // of a list; of single reads there are `keys`
  std::vector<std::string> keys;
  std::vector<ledger_entry> found;
  std::unordered_map<std::string, std::size_t> by_key;  // positions in `found`
  std::exception_ptr failure;
  bool begun = false;
  bool done = false;
  runtime::async_condition changed{no_timers()};
};

asio::awaitable<void> consul_ledger_store::carry_out(std::shared_ptr<shared_read> what,
                                                     tenure::kv access) {
  try {
    if (what->prefix.empty()) {
      std::vector<stored_key> found = co_await access.get_all(what->keys);
      what->found = entries_of(std::move(found));
    } else {
      stored_keys found = co_await access.list(what->prefix);
      what->found = entries_of(std::move(found.keys));
    }
    for (std::size_t i = 0; i < what->found.size(); ++i)
      what->by_key.emplace(what->found[i].key, i);
  } catch (...) {
    what->failure = std::current_exception();
  }
  what->done = true;
  what->changed.notify_all();
}

asio::awaitable<void> consul_ledger_store::wait_for(std::shared_ptr<shared_read> what) {
  while (!what->done) co_await what->changed.wait();
  if (what->failure) std::rethrow_exception(what->failure);
}

// In the next turn of the loop.
void consul_ledger_store::begin_soon(std::shared_ptr<shared_read> what, tenure::kv access) {
  asio::post(all_.get_executor(), [access = std::move(access), mine = std::move(what)] {
    mine->begun = true;
    asio::co_spawn(access.get_executor(), carry_out(mine, access), asio::detached);
  });
}

asio::awaitable<std::vector<ledger_entry>> consul_ledger_store::read(
    std::vector<std::string> keys) {
  std::shared_ptr<shared_read> mine = next_read_.lock();
  if (!mine || !mine->open()) {
    tenure::kv access = all_.kv();
    mine = std::make_shared<shared_read>();
    next_read_ = mine;
    begin_soon(mine, std::move(access));
  }
  mine->keys.insert(mine->keys.end(), keys.begin(), keys.end());
  co_await wait_for(mine);
  std::vector<ledger_entry> found;
  for (const std::string& key : keys) {
    const auto one = mine->by_key.find(key);
    if (one != mine->by_key.end()) found.push_back(mine->found[one->second]);
  }
  co_return found;
}

asio::awaitable<std::vector<ledger_entry>> consul_ledger_store::list(std::string prefix) {
  std::shared_ptr<shared_read> mine = next_list_.lock();
  if (!mine || !mine->open() || mine->prefix != prefix) {
    tenure::kv access = all_.kv();
    mine = std::make_shared<shared_read>(prefix);
    next_list_ = mine;
    begin_soon(mine, std::move(access));
  }
  co_await wait_for(mine);
  co_return mine->found;
}

asio::awaitable<write_outcome> consul_ledger_store::write(term leading, leader_writes writes) {
  write_outcome made;
  try {
    co_await leading.write(std::move(writes));
    made.how = write_outcome::kind::done;
  } catch (const system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw;
    made = outcome_of(e);
  }
  co_return made;
}

}  // namespace tenure::cron
