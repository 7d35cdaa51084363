#include "election/watching/range_query.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <tenure/outage_log.hpp>
#include <utility>

#include "consul/failure_log.hpp"
#include "consul/transaction_size.hpp"
#include "core/util/backoff.hpp"
#include "election/transaction_limit.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::string_view watch_failed = "watch failed";

constexpr std::uint64_t quick_answers_of_key = 16;
// In a group notices bring what is urgent. A change wakes all members, and their next polls would
// delay the answers to the others. Of a prefix each answer is as long as all its keys, and a member
// that is drained changes it in many transactions.
constexpr storm_rule group_key{.allowed = quick_answers_of_key, .after_change = 10ms};
constexpr storm_rule group_prefix{.quick = 50ms, .allowed = 1, .after_change = 50ms};
// Newcomers are read one by one up to this number, and up to this share of the query's keys.
constexpr std::size_t most_newcomers = 8;
constexpr std::size_t newcomers_share = 16;
// How many keys one request checks, and how many such requests are made at a time. A dead session's
// many elections are missing together, and no successor knows of any until the last one is checked.
constexpr std::size_t keys_in_check = transaction_limit::small;
constexpr std::size_t parallel_checks = 4;

}  // namespace

list_news list_news::take_shown() {
  list_news shown;
  const auto lacks = [](const auto& key) { return !key.second.entry; };
  const auto rest = std::stable_partition(keys.begin(), keys.end(), std::not_fn(lacks));
  shown.keys.assign(std::make_move_iterator(keys.begin()), std::make_move_iterator(rest));
  keys.erase(keys.begin(), rest);
  shown.own_holds = std::exchange(own_holds, {});
  return shown;
}

range_query::range_query(query_context& context, plan_events& plan, core::watch_range range)
    : context_(context),
      plan_(plan),
      range_(std::move(range)),
      query_(context.env, context.slots, *this) {}

storm_rule range_query::storm() const noexcept {
  const bool of_group = context_.polls.how == consul::consistency::consistent;
  if (of_group) return range_.single() ? group_key : group_prefix;
  return range_.single() ? storm_rule{.allowed = quick_answers_of_key} : storm_rule();
}

bool range_query::keep_polling() noexcept {
  if (!plan_.still_needed(*this)) return false;
  ++context_.counts.kept;
  return true;
}

void range_query::on_query_error(const query_answer& answer) {
  consul::log_failure(*context_.env, watch_failed, answer.error, answer.detail,
                      {{"range", range_.text}, {"keys", keys}});
  if (reported_error_ == answer.error) return;
  reported_error_ = answer.error;
  context_.sink.on_error(*this, answer.error, answer.detail);
  // A token may be allowed to read each key and not to list them.
  if (!range_.single() && answer.error == error_kind::fatal) plan_.report_unlistable(*this);
}

void range_query::note_success() {
  reported_error_ = error_code{};
  context_.env->outages->succeeded(watch_failed, context_.env->timers->now());
}

// -- asking --------------------------------------------------------------------------------------

asio::awaitable<query_answer> range_query::list() {
  const query_answer answer = co_await read_range();
  if (!answer.error) note_success();
  co_return answer;
}

// A range that only observers watch may be read stale. A participant that enters while such a
// request is in flight must not see its answer: the range is read again instead.
bool range_query::unfit(const core::watch_range& range, consul::consistency how) const noexcept {
  return how == consul::consistency::stale && context_.sink.reads(range) != how;
}

// A stale answer may come from a server that is behind the one that answered before. The raft
// leader knows whether the key really has an older state: the server may have lost its state.
bool range_query::goes_back(const std::string& key, const consul::kv_result& answer,
                            consul::consistency how) const {
  return how == consul::consistency::stale && !answer.error && context_.sink.goes_back(key, answer);
}

asio::awaitable<query_answer> range_query::read_range() {
  query_answer seen;
  if (range_.single()) {
    const consul::kv_result answer = co_await read_key(range_.text);
    seen = deliver(answer);
    co_return seen;
  }
  const consul::consistency how = context_.sink.reads(range_);
  consul::raw_kv_list answer = co_await context_.client.list_raw(range_.text, how);
  query_answer listed = co_await deliver(std::move(answer), how);
  seen = std::move(listed);
  co_return seen;
}

asio::awaitable<consul::kv_result> range_query::read_key(std::string key) {
  const core::watch_range range(key, core::range_kind::key);
  const consul::consistency how = context_.sink.reads(range);
  consul::kv_result answer = co_await context_.client.get(key, how);
  if (unfit(range, how) || goes_back(key, answer, how)) {
    consul::kv_result again = co_await context_.client.get(key, context_.polls.how);
    answer = std::move(again);
  }
  co_return answer;
}

asio::awaitable<query_answer> range_query::poll(std::uint64_t index, duration wait) {
  query_answer seen;
  bool fit = true;
  const consul::consistency how = context_.sink.reads(range_);
  if (range_.single()) {
    const consul::kv_result answer = co_await context_.client.watch(range_.text, index, wait, how);
    fit = !unfit(range_, how) && !goes_back(range_.text, answer, how);
    if (fit) seen = deliver(answer);
  } else {
    consul::raw_kv_list answer = co_await context_.client.watch_raw(range_.text, index, wait, how);
    query_answer listed = co_await deliver(std::move(answer), how);
    seen = std::move(listed);
  }
  // The keys of a retired query have other queries by now.
  if (!fit && !query_.retired()) {
    query_answer again = co_await read_range();
    seen = std::move(again);
  }
  if (!seen.error) note_success();
  co_return seen;
}

query_answer range_query::deliver(const consul::kv_result& answer) {
  query_answer seen;
  seen.error = answer.error;
  seen.detail = answer.detail;
  seen.index = answer.index;
  seen.missing = !answer.entry;
  if (!answer.error) context_.sink.on_key(range_.text, answer);
  return seen;
}

// A list does not show the keys that the token may not read, as if they did not exist. So where a
// token needs rights, keys that are missing in the list are checked in transactions, which are
// refused then. After one refusal all keys are read one by one. Each key that existed before is
// checked: its holder must not lose its term for a missing right. Others are not if their watcher
// claims them now, as the answer to a claim says the same. Of the rest a few are enough: a token
// that may read them and not the others is rare.
asio::awaitable<query_answer> range_query::deliver(consul::raw_kv_list answer,
                                                   consul::consistency how) {
  query_answer seen;
  seen.missing = answer.body.empty();
  list_news news;
  if (!answer.error && !unfit(range_, how)) news = context_.sink.read_list(range_, answer);
  const bool behind = how == consul::consistency::stale && news.goes_back;
  if (behind || !answer.may_be_filtered) news.missing.clear();
  if (!news.missing.empty() && !answer.error) {
    // What the list shows is so, whatever becomes of the others: it does not wait for them.
    context_.sink.on_list(news.take_shown());
    const query_answer all = co_await check_rights(std::move(news.missing));
    answer.error = all.error;
    answer.detail = all.detail;
    news.delayed = true;
  }
  if (behind || unfit(range_, how)) {
    // The keys of a retired query have other queries by now.
    if (query_.retired()) co_return query_answer();
    const consul::consistency fit = context_.polls.how;
    consul::raw_kv_list again = co_await context_.client.list_raw(range_.text, fit);
    query_answer fresh = co_await deliver(std::move(again), fit);
    co_return fresh;
  }
  seen.error = answer.error;
  seen.detail = answer.detail;
  seen.index = answer.index;
  if (seen.error) co_return seen;
  context_.sink.on_list(news);
  if (seen.missing) ++context_.counts.empty_answers;
  if (!query_.retired()) plan_.report_unwatched(*this, news.unwatched);
  co_return seen;
}

class range_query::key_checks {
 public:
  key_checks(runtime::timers& timers, std::vector<std::string> all)
      : keys(std::move(all)), ended(timers) {}

  /// Takes the next keys out: as many as a transaction may carry.
  std::vector<consul::txn_op> next_checks() {
    std::vector<consul::txn_op> checks;
    const std::size_t end = std::min(keys.size(), next + keys_in_check);
    checks.reserve(end - next);
    std::size_t bytes = 0;
    for (; next < end; ++next) {
      consul::txn_op check = consul::txn_op::check_session(keys[next], {});
      bytes += consul::bytes_of(check);
      if (!checks.empty() && bytes > consul::most_transaction_bytes) break;
      checks.push_back(std::move(check));
    }
    return checks;
  }
  bool more() const noexcept { return next < keys.size() && !failure.error; }

  std::vector<std::string> keys;
  std::size_t next = 0;
  std::size_t running = 0;
  query_answer failure;  ///< the first
  runtime::async_condition ended;
};

/// Whether the token may read the keys: checks them until one of them is refused. Consul refuses
/// the checks of keys that the token may not read, and leaves them out of the answers to reads.
asio::awaitable<query_answer> range_query::check_rights(std::vector<std::string> missing) {
  const auto checks = std::make_shared<key_checks>(*context_.env->timers, std::move(missing));
  const std::size_t requests = (checks->keys.size() + keys_in_check - 1) / keys_in_check;
  checks->running = std::min(requests, parallel_checks);
  for (std::size_t i = 1; i < checks->running; ++i) {
    context_.spawn(runtime::keep_alive(check_next(checks), shared_from_this()));
  }
  co_await check_next(checks);
  while (checks->running > 0) co_await checks->ended.wait();
  co_return checks->failure;
}

asio::awaitable<void> range_query::check_next(std::shared_ptr<key_checks> all) {
  while (all->more()) {
    const time_point give_up = context_.client.deadline();
    const consul::txn_result checked = co_await context_.client.read(all->next_checks(), give_up);
    if (checked.error && !all->failure.error) {
      all->failure.error = checked.error;
      all->failure.detail = checked.detail;
    }
  }
  if (--all->running == 0) all->ended.notify_all();
}

// -- newcomers -----------------------------------------------------------------------------------

void range_query::add_newcomer(const std::string& key) {
  reported_error_ = error_code{};  // the newcomer does not know of it
  if (query_.will_list()) return;
  newcomers_.push_back(key);
  if (std::exchange(reading_newcomers_, true)) return;
  context_.spawn(runtime::keep_alive(read_newcomers(), shared_from_this()));
}

/// Reads the keys of newcomers while the poll goes on.
asio::awaitable<void> range_query::read_newcomers() {
  core::backoff failures(100ms, 5s);
  const auto batch = std::make_shared<std::vector<std::string>>();
  while (!newcomers_.empty() && !query_.retired()) {
    std::swap(*batch, newcomers_);
    const query_answer answer = co_await read_batch(batch);
    if (answer.error && !query_.retired()) {
      context_.sink.on_error(*batch, answer.error, answer.detail);
      newcomers_.insert(newcomers_.end(), batch->begin(), batch->end());
      const time_point again =
          context_.env->timers->now() + failures.next(context_.env->random->next());
      co_await runtime::sleep_until(*context_.env->timers, again);
    }
    batch->clear();
  }
  newcomers_.clear();
  reading_newcomers_ = false;
}

asio::awaitable<query_answer> range_query::read_batch(
    std::shared_ptr<std::vector<std::string>> batch) {
  query_answer seen;
  // Meanwhile a poll may have answered for some, and others may have no watcher any more.
  std::erase_if(*batch, [this](const std::string& key) { return !context_.sink.due(key); });
  if (batch->empty()) co_return seen;
  const bool one_by_one =
      batch->size() <= most_newcomers && batch->size() * newcomers_share <= keys;
  if (range_.single() || !one_by_one) {
    query_answer all = co_await read_range();
    co_return all;
  }
  for (std::size_t i = 0; i < batch->size() && !seen.error; ++i) {
    const consul::kv_result answer = co_await read_key((*batch)[i]);
    seen.error = answer.error;
    seen.detail = answer.detail;
    if (!answer.error) context_.sink.on_key((*batch)[i], answer);
  }
  co_return seen;
}

}  // namespace tenure::impl
