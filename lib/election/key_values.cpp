#include "election/key_values.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "consul/format.hpp"
#include "consul/transaction_size.hpp"
#include "election/context.hpp"
#include "election/errors.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

void check_addressable(const std::string& key) {
  const std::string why = consul::unaddressable(key);
  if (!why.empty()) fail(consul_errc::bad_request, "the key \"" + key + "\": " + why);
}

stored_key stored(consul::kv_entry entry) {
  stored_key made;
  made.key = std::move(entry.key);
  made.value = std::move(entry.value);
  made.session = std::move(entry.session);
  made.flags = entry.flags;
  made.create_index = entry.create_index;
  made.modify_index = entry.modify_index;
  return made;
}

stored_keys stored(consul::kv_list list) {
  if (list.error) fail(list.error, list.detail);
  stored_keys made;
  made.index = list.index;
  made.keys.reserve(list.entries.size());
  for (consul::kv_entry& entry : list.entries) made.keys.push_back(stored(std::move(entry)));
  return made;
}

bool is_mismatch(const consul::txn_error& failure) {
  return failure.kind == consul::txn_failure::index_mismatch ||
         failure.kind == consul::txn_failure::missing_key;
}

bool written(const consul::txn_result& answer) {
  if (answer.error) fail(answer.error, answer.detail);
  if (answer.committed) return true;
  if (std::ranges::any_of(answer.failures, is_mismatch)) return false;
  fail(errc::refused, answer.failures.empty() ? "" : answer.failures.front().what);
}

/// Removes the keys that the answer names as missing. False if it names none.
bool drop_missing(std::vector<std::string>& keys, const consul::txn_result& answer) {
  std::vector<bool> missing(keys.size());
  for (const consul::txn_error& failure : answer.failures) {
    if (failure.kind != consul::txn_failure::missing_key) fail(errc::refused, failure.what);
    if (failure.op_index < keys.size()) missing[failure.op_index] = true;
  }
  std::size_t at = 0;
  return std::erase_if(keys, [&](const std::string&) { return missing[at++]; }) > 0;
}

/// How far one transaction that begins with the key at `first` may go.
std::size_t end_of_reads(const std::vector<std::string>& keys, std::size_t first) noexcept {
  const std::size_t most = std::min(keys.size(), first + transaction_limit::small);
  std::size_t bytes = 0;
  std::size_t end = first;
  while (end < most) {
    bytes += keys[end].size() + consul::bytes_around_op;
    if (end > first && bytes > consul::most_transaction_bytes) break;
    ++end;
  }
  return end;
}

}  // namespace

asio::awaitable<std::optional<stored_key>> read_key(std::shared_ptr<context> shared,
                                                    std::string key) {
  shared->check_open();
  consul::kv_result found = co_await shared->client.get(key, consul::consistency::consistent);
  if (found.error) fail(found.error, found.detail);
  if (!found.entry) co_return std::nullopt;
  co_return stored(std::move(*found.entry));
}

// Consul refuses a transaction that gets a key which does not exist, and names all such keys. It
// goes again without them; a key may vanish in between.
asio::awaitable<std::vector<stored_key>> read_keys(std::shared_ptr<context> shared,
                                                   std::vector<std::string> keys) {
  for (const std::string& key : keys) check_addressable(key);
  std::vector<stored_key> found;
  std::size_t next = 0;
  while (next < keys.size()) {
    const std::size_t end = end_of_reads(keys, next);
    std::vector<std::string> some(std::make_move_iterator(keys.begin() + std::ptrdiff_t(next)),
                                  std::make_move_iterator(keys.begin() + std::ptrdiff_t(end)));
    next = end;
    while (!some.empty()) {
      shared->check_open();
      std::vector<consul::txn_op> ops;
      for (const std::string& key : some) ops.push_back(consul::txn_op::get(key));
      const time_point deadline = shared->client.deadline();
      consul::txn_result answer = co_await shared->client.read(std::move(ops), deadline);
      if (answer.error) fail(answer.error, answer.detail);
      if (answer.committed) {
        for (consul::kv_entry& entry : answer.results) found.push_back(stored(std::move(entry)));
        break;
      }
      if (!drop_missing(some, answer)) fail(errc::refused, "a transaction of reads");
    }
  }
  co_return found;
}

asio::awaitable<stored_keys> list_keys(std::shared_ptr<context> shared, std::string prefix) {
  shared->check_open();
  consul::kv_list list =
      co_await shared->client.list(std::move(prefix), consul::consistency::consistent);
  co_return stored(std::move(list));
}

asio::awaitable<stored_keys> watch_keys(std::shared_ptr<context> shared, std::string prefix,
                                        std::uint64_t index, duration wait) {
  shared->check_open();
  consul::kv_list list = co_await shared->client.watch_below(std::move(prefix), index, wait);
  co_return stored(std::move(list));
}

asio::awaitable<bool> write_key(std::shared_ptr<context> shared, consul::txn_op what) {
  shared->check_open();
  check_addressable(what.key);
  std::vector<consul::txn_op> ops;
  ops.push_back(std::move(what));
  const time_point deadline = shared->client.deadline();
  const consul::txn_result answer = co_await shared->client.write(std::move(ops), deadline);
  co_return written(answer);
}

asio::awaitable<bool> remove_key(std::shared_ptr<context> shared, std::string key,
                                 std::uint64_t index) {
  shared->check_open();
  check_addressable(key);
  std::vector<consul::txn_op> ops;
  ops.push_back(consul::txn_op::check_index(key, index));
  ops.push_back(consul::txn_op::remove(std::move(key)));
  const time_point deadline = shared->client.deadline();
  const consul::txn_result answer = co_await shared->client.write(std::move(ops), deadline);
  co_return written(answer);
}

}  // namespace tenure::impl
