#include "election/group/hand_over_notices.hpp"

#include <algorithm>
#include <tenure/outage_log.hpp>
#include <utility>

#include "consul/failure_log.hpp"
#include "core/group/hand_over_notice.hpp"
#include "core/util/backoff.hpp"
#include "election/connections.hpp"
#include "election/group/group_view.hpp"
#include "election/watching/prefix_watch.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::string_view notices_failed = "watch of hand-over notices failed";

// Each answer costs a few keys, however many elections there are.
constexpr std::uint64_t any_number = UINT64_MAX;
// The bodies that an answer begins go before the next poll, which brings the notices of more than
// one transaction while a member is drained.
constexpr duration after_notice = 2ms;
// The notices of members that have left since stay, and each answer brings them all. A transaction
// of Consul 1.8 has room for the deletion of 32.
constexpr std::size_t most_kept = 64;
constexpr std::size_t most_removed = 30;
constexpr duration pause_after_failure = 1min;

// The send time of the last but one poll is what counts: both together must leave half of the span.
duration wait_for(const candidacy& how) { return std::max<duration>(how.span() / 5, 1s); }

}  // namespace

std::string notices_prefix(std::string_view group, std::string_view session) {
  return std::string(group) + "/handed/" + std::string(session) + "/";
}

/// Of one session.
class hand_over_notices::inbox final : private prefix_watch::receiver,
                                       public std::enable_shared_from_this<inbox> {
 public:
  inbox(const hand_over_notices& whose, std::string session)
      : shared_(whose.shared_),
        session_(std::move(session)),
        member_(members_prefix(whose.group_) + session_),
        prefix_(notices_prefix(whose.group_, session_)),
        value_(whose.value_),
        watch_(shared_->env, shared_->client, shared_->connections->polls,
               {.wait = whose.wait_,
                .how = consul::consistency::consistent,
                .quick_answers = any_number,
                .after_change = after_notice},
               prefix_, *this) {}

  const std::string& session() const noexcept { return session_; }

  asio::awaitable<void> run() {
    core::backoff failures(100ms, 5s);
    bool opened = false;
    while (!closed_ && !opened) {
      const bool done = co_await open();
      opened = done;
      if (opened || closed_) break;
      const time_point again = shared_->now() + failures.next(shared_->env->random->next());
      co_await runtime::sleep_until(*shared_->env->timers, again);
    }
    if (!closed_) co_await watch_.run();
  }

  void close() noexcept {
    closed_ = true;
    watch_.retire();
  }

 private:
  // Without a key below the prefix every write to the store would wake the watch. A request that
  // Consul carries out late must not leave it for ever: it goes with the member's key.
  asio::awaitable<bool> open() {
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_session(member_, session_));
    ops.push_back(consul::txn_op::set(prefix_, ""));
    const time_point deadline = shared_->client.deadline();
    const consul::txn_result answer = co_await shared_->client.write(std::move(ops), deadline);
    if (answer.error) fail(answer);
    co_return answer.committed;
  }

  void fail(const consul::answer_base& answer) {
    consul::log_failure(*shared_->env, notices_failed, answer.error, answer.detail,
                        {{"prefix", prefix_}});
    known_ = false;
  }

  void on_list_error(const consul::kv_list& answer) override { fail(answer); }

  // A notice that the answer before did not show was written after the request of that answer had
  // been sent, and so was the hold of its keys: that time is the proof. The request of this answer
  // may have been sent later than the notice was written.
  void on_list(const consul::kv_list& answer) override {
    shared_->env->outages->succeeded(notices_failed, shared_->now());
    const bool goes_back = answer.index < seen_index_;
    std::vector<handed_news> news;
    if (known_ && !goes_back) {
      for (std::size_t i = 0; i < answer.entries.size(); ++i) {
        if (answer.entries[i].modify_index > seen_index_) add(i, answer, news);
      }
    }
    known_ = true;
    seen_index_ = answer.index;
    for (const consul::kv_entry& notice : answer.entries) {
      seen_index_ = std::max(seen_index_, notice.modify_index);
    }
    seen_sent_at_ = answer.sent_at;
    if (!news.empty()) shared_->watches.deliver(news);
    remove_oldest(answer.entries);
  }

  // They were read. If one of them has been written again, the deletion is refused as a whole.
  void remove_oldest(const std::vector<consul::kv_entry>& all) {
    if (all.size() <= most_kept || removing_ || shared_->now() < remove_again_) return;
    std::vector<std::pair<std::uint64_t, std::string_view>> old;
    for (const consul::kv_entry& one : all) {
      if (one.key != prefix_) old.emplace_back(one.modify_index, one.key);
    }
    std::ranges::sort(old);
    old.resize(std::min(old.size(), most_removed));
    std::vector<consul::txn_op> ops;
    for (const auto& [index, key] : old) {
      ops.push_back(consul::txn_op::check_index(std::string(key), index));
      ops.push_back(consul::txn_op::remove(std::string(key)));
    }
    removing_ = true;
    shared_->tasks.spawn(runtime::keep_alive(remove(std::move(ops)), shared_from_this()));
  }

  asio::awaitable<void> remove(std::vector<consul::txn_op> ops) {
    const time_point deadline = shared_->client.deadline();
    const consul::txn_result answer = co_await shared_->client.write(std::move(ops), deadline);
    removing_ = false;
    if (!answer.committed) remove_again_ = shared_->now() + pause_after_failure;
  }

  void add(std::size_t position, const consul::kv_list& answer,
           std::vector<handed_news>& news) const {
    const consul::kv_entry& notice = answer.entries[position];
    const auto handed = core::parse_notice(notice.value);
    if (!handed) return;
    const bool original = sealed(position, answer.entries);
    for (const core::handed_key& one : *handed) {
      consul::kv_result as_read;
      as_read.sent_at = seen_sent_at_;
      as_read.received_at = answer.received_at;
      as_read.index = notice.modify_index;
      as_read.linearizable = true;
      as_read.entry = entry_of(one, notice.modify_index);
      const std::uint64_t guard = original ? one.guard : 0;
      news.push_back({.key = one.key, .answer = std::move(as_read), .guard = guard});
    }
  }

  // A restore writes the notice and its seal one after the other, if it writes both.
  static bool sealed(std::size_t position, const std::vector<consul::kv_entry>& entries) {
    if (position + 1 == entries.size()) return false;
    const consul::kv_entry& notice = entries[position];
    const consul::kv_entry& next = entries[position + 1];
    return next.key == core::seal_of(notice.key) && next.modify_index == notice.modify_index;
  }

  consul::kv_entry entry_of(const core::handed_key& handed, std::uint64_t index) const {
    consul::kv_entry entry;
    entry.key = handed.key;
    entry.value = value_;
    entry.session = session_;
    entry.flags = consul::lock_flags;
    entry.create_index = handed.create_index;
    entry.modify_index = index;
    entry.lock_index = handed.lock_index;
    return entry;
  }

  const std::shared_ptr<context> shared_;
  const std::string session_;
  const std::string member_;  ///< its key
  const std::string prefix_;
  const std::string value_;
  prefix_watch watch_;
  // The last answer.
  std::uint64_t seen_index_ = 0;
  time_point seen_sent_at_{};
  bool known_ = false;
  bool closed_ = false;
  bool removing_ = false;  ///< old notices
  time_point remove_again_{};
};

hand_over_notices::hand_over_notices(std::shared_ptr<context> shared, std::string group,
                                     const candidacy& how)
    : shared_(std::move(shared)),
      group_(std::move(group)),
      wait_(wait_for(how)),
      value_(how.value()) {}

hand_over_notices::~hand_over_notices() { close(); }

void hand_over_notices::session_is(const std::string& session) {
  if (inbox_ && inbox_->session() == session) return;
  close();
  if (session.empty()) return;
  inbox_ = std::make_shared<inbox>(*this, session);
  shared_->tasks.spawn(runtime::keep_alive(inbox_->run(), inbox_));
}

void hand_over_notices::close() noexcept {
  if (inbox_) inbox_->close();
  inbox_.reset();
}

}  // namespace tenure::impl
