#include "election/group/member_key.hpp"

#include <algorithm>
#include <tenure/bad_configuration.hpp>
#include <tenure/outage_log.hpp>
#include <utility>
#include <vector>

#include "consul/failure_log.hpp"
#include "consul/member_document.hpp"
#include "core/util/invariant.hpp"
#include "election/group/member_removal.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration together = 1s;
// Others that change the key more often than this make each repair wait longer.
constexpr duration calm = 1min;

constexpr std::string_view request_failed = "member key request failed";

}  // namespace

void check_size(const core::group_member& member) {
  const std::size_t size = consul::member_text(member).size();
  if (size <= candidacy::most_value) return;
  throw bad_configuration("the document of the member \"" + member.name + "\" has " +
                          std::to_string(size) +
                          " bytes, and there is room for 384000: use a shorter value or fewer "
                          "labels");
}

/// A request is in flight. If it is cancelled, what became of it is not known.
class member_key::busy_mark {
 public:
  busy_mark(member_key& whose, request what) noexcept : whose_(whose) {
    core::must(whose.inflight_ == request::none && !whose.id_.empty(),
               "a member has one request at a time, with its session",
               [&] { return whose.describe(); });
    whose_.inflight_ = what;
  }
  busy_mark(const busy_mark&) = delete;
  busy_mark& operator=(const busy_mark&) = delete;
  ~busy_mark() {
    whose_.inflight_ = request::none;
    if (!answered_) whose_.known_ = false;
    whose_.changed_.notify_all();
  }
  void answered() noexcept { answered_ = true; }

 private:
  member_key& whose_;
  bool answered_ = false;
};

member_key::member_key(std::shared_ptr<context> shared, session_pool::pooled session,
                       std::string group, core::group_member first, duration settling_time)
    : shared_(std::move(shared)),
      session_(std::move(session)),
      group_(std::move(group)),
      settling_time_(settling_time),
      wanted_(std::move(first)),
      changed_(*shared_->env->timers),
      failures_(100ms, 5s),
      repairs_(200ms, 30s) {
  check_size(wanted_);
  set_session(session_->session->id());
  session_->session->attach(*this);
}

std::string member_key::describe() const {
  std::string text = "member " + wanted_.name + " of group " + group_ + ", session " + id_ +
                     ", key at index " + std::to_string(index_);
  if (inflight_ != request::none) text += ", a request in flight";
  if (!known_) text += ", not known";
  if (stored_) text += ", stored";
  if (removed_) text += ", removed";
  return text;
}

member_key::~member_key() { session_->session->detach(*this); }

void member_key::log(log_level level, std::string_view event, std::string_view why) const {
  const auto& sink = shared_->env->log;
  if (!sink->enabled(level)) return;
  std::vector<log_field> fields{{"group", group_}, {"member", wanted_.name}, {"session", id_}};
  if (!why.empty()) fields.emplace_back("why", why);
  sink->log(level, event, fields);
}

// -- the session ---------------------------------------------------------------------------------

// Another session is another key. What is left of the old one has no lock any more: all members
// see that, and delete it.
void member_key::set_session(std::string id) {
  id_ = std::move(id);
  wanted_.settled = settling_time_ <= duration::zero();
  stored_.reset();
  sent_.reset();
  index_ = 0;
  known_ = true;
  look_ = false;
  settled_at_ = time_point::max();
  retry_at_ = time_point::min();
  failures_.reset();
  changed_.notify_all();
}

void member_key::session_ready(const std::string& id) {
  if (id != id_) set_session(id);
}

void member_key::session_lost(const std::string& id) {
  if (id == id_) set_session({});
}

void member_key::session_failed(const consul::answer_base& failed) {
  error_ = failed.error;
  changed_.notify_all();
}

// -- what is wanted ------------------------------------------------------------------------------

void member_key::publish(core::group_member document) {
  document.settled = wanted_.settled;
  if (document == wanted_) return;
  const bool urgent = document.leaving != wanted_.leaving || document.idle != wanted_.idle;
  const bool first = stored_ && *stored_ == wanted_;
  const bool left = document.entered != wanted_.entered &&
                    document.entered.count <= wanted_.entered.count;
  wanted_ = std::move(document);
  if (urgent) {
    write_at_ = now();
  } else if (first && left) {
    write_at_ = std::max(write_at_, now());
  } else if (first) {
    write_at_ = now() + together;
  }
  changed_.notify_all();
}

bool member_key::written() const noexcept {
  return known_ && stored_ && *stored_ == wanted_ && !removed_;
}

// The watch may show an older state than the last answer of ours. It may also show what a write in
// flight sent, before its answer comes. At any other time such a document is that of a write that
// Consul carried out late, after a read had shown that it was not done.
void member_key::observe(const group_view& view) {
  if (removed_ || !known_ || !stored_) return;
  const seen_member* const seen = view.find(core::session_id(id_));
  const bool as_stored = seen && seen->document == *stored_;
  const bool as_sent = inflight_ == request::write && seen && seen->document == *sent_;
  if (as_stored || as_sent) return;
  look_ = true;
  changed_.notify_all();
}

member_key::step member_key::next_step() const noexcept {
  if (removed_ || id_.empty()) return step::none;
  if (!known_ || look_) return step::read;
  return stored_ && *stored_ == wanted_ ? step::none : step::write;
}

time_point member_key::next_at(step next) const noexcept {
  if (next == step::none) return time_point::max();
  // What is missing or broken does not wait for other changes.
  return next == step::write && stored_ ? std::max(retry_at_, write_at_) : retry_at_;
}

asio::awaitable<void> member_key::run() {
  while (!removed_) {
    if (now() >= settled_at_) {
      settled_at_ = time_point::max();
      wanted_.settled = true;
      write_at_ = now();
    }
    const step next = next_step();
    const time_point at = next_at(next);
    if (at > now()) {
      co_await changed_.wait(std::min(at, settled_at_));
    } else if (next == step::read) {
      co_await read();
    } else {
      co_await write();
    }
  }
}

// -- requests ------------------------------------------------------------------------------------

void member_key::note(const consul::answer_base& answer) {
  error_ = answer.error;
  if (answer.error) {
    consul::log_failure(*shared_->env, request_failed, answer.error, answer.detail,
                        {{"group", group_}});
  } else {
    shared_->env->outages->succeeded(request_failed, now());
  }
}

void member_key::retry_later(core::backoff& pauses) {
  retry_at_ = now() + pauses.next(shared_->env->random->next());
}

// A lost write may still be carried out. Then its guard, or that of the next write, does not match
// any more, and the key is read again.
asio::awaitable<void> member_key::write() {
  const std::string session = id_;
  const core::group_member what = wanted_;
  std::vector<consul::txn_op> ops;
  ops.push_back(index_ == 0 ? consul::txn_op::check_not_exists(key())
                            : consul::txn_op::check_index(key(), index_));
  ops.push_back(
      consul::txn_op::lock(key(), session, consul::member_text(what), consul::lock_flags));
  const time_point deadline = shared_->client.deadline();
  sent_ = what;
  busy_mark mark(*this, request::write);
  const consul::txn_result answer = co_await shared_->client.write(std::move(ops), deadline);
  mark.answered();
  note(answer);
  if (session != id_) co_return;
  if (answer.committed && !answer.results.empty()) {
    stored(what, answer.results.back().modify_index);
    co_return;
  }
  retry_later(failures_);
  if (answer.error == consul_errc::outcome_unknown || answer.committed) known_ = false;
  if (!answer.error) refused(answer);
}

void member_key::refused(const consul::txn_result& answer) {
  const auto invalid = [](const consul::txn_error& e) {
    return e.kind == consul::txn_failure::invalid_session;
  };
  known_ = false;
  if (std::ranges::any_of(answer.failures, invalid)) {
    const std::string session = id_;
    session_->session->report_lost(session);
  }
}

asio::awaitable<void> member_key::read() {
  const std::string session = id_;
  look_ = false;
  busy_mark mark(*this, request::read);
  const consul::kv_result answer =
      co_await shared_->client.get(key(), consul::consistency::consistent);
  mark.answered();
  note(answer);
  if (session != id_) co_return;
  if (answer.error) {
    known_ = false;
    retry_later(failures_);
  } else {
    take(answer);
  }
}

void member_key::take(const consul::kv_result& answer) {
  const std::uint64_t index = answer.entry ? answer.entry->modify_index : 0;
  const std::string holder = answer.entry ? answer.entry->session : std::string();
  if (!holder.empty() && holder != id_) {
    error_ = errc::refused;
    consul::log_failure(*shared_->env, "member key held by another session", error_, holder,
                        {{"key", answer.entry->key}});
    known_ = false;
    retry_later(failures_);
    return;
  }
  auto found = holder.empty() ? std::nullopt : consul::parse_member(answer.entry->value);
  const bool unchanged = index == index_;
  const bool sent = found && sent_ && *found == *sent_;
  if (found && (sent || (unchanged && stored_))) return stored(std::move(*found), index);
  known_ = true;
  stored_.reset();
  index_ = index;
  if (!unchanged) changed_by_others(!answer.entry ? "deleted" : found ? "overwritten" : "released");
}

void member_key::changed_by_others(const char* how) {
  if (now() - calm > repaired_at_) repairs_.reset();
  retry_later(repairs_);
  repaired_at_ = retry_at_;
  log(log_level::warn, "member key changed by others", how);
}

void member_key::stored(core::group_member what, std::uint64_t modify_index) {
  if (settled_at_ == time_point::max() && !wanted_.settled) {
    settled_at_ = now() + settling_time_;
    log(log_level::info, "member key created");
  }
  // What was published meanwhile, and what is published soon.
  if (what.leaving == wanted_.leaving) write_at_ = now() + together;
  stored_ = std::move(what);
  index_ = modify_index;
  known_ = true;
  failures_.reset();
  retry_at_ = time_point::min();
}

// -- leaving -------------------------------------------------------------------------------------

asio::awaitable<void> member_key::remove() {
  removed_ = true;
  changed_.notify_all();
  const time_point give_up = shared_->client.deadline();
  while (inflight_ != request::none && now() < give_up) co_await changed_.wait(give_up);
  core::backoff pauses(20ms, 1s);
  while (!id_.empty() && now() < give_up) {
    const bool gone = co_await remove_once(give_up);
    if (gone) co_return;
    const time_point again = now() + pauses.next(shared_->env->random->next());
    co_await runtime::sleep_until(*shared_->env->timers, again);
  }
}

void member_key::take_over(member_key& left) {
  if (left.id_ == id_ && left.sent_) {
    sent_ = left.sent_;
    known_ = false;  // run() reads first whether the key still exists
  }
  left.set_session({});
}

/// Whether the key is gone. Where others have deleted it, nothing else would delete the notices.
asio::awaitable<bool> member_key::remove_once(time_point deadline) {
  if (!sent_) co_return true;
  if (!known_) {
    co_await read();
  }
  if (!known_ || id_.empty()) co_return id_.empty();
  busy_mark mark(*this, request::removal);
  consul::txn_op guard = index_ == 0 ? consul::txn_op::check_not_exists(key())
                                     : consul::txn_op::check_index(key(), index_);
  std::vector<consul::txn_op> ops =
      member_removal(group_, id_, std::move(guard), removal_scope_);
  const consul::txn_result answer = co_await shared_->client.write(std::move(ops), deadline);
  note(answer);
  if (answer.error && answer.error != consul_errc::outcome_unknown) mark.answered();
  if (answer.error == consul_errc::forbidden) removal_scope_ = after_forbidden(removal_scope_);
  if (!answer.committed) co_return false;
  mark.answered();
  stored_.reset();
  index_ = 0;
  known_ = deleted_ = true;
  log(log_level::info, "member key deleted");
  co_return true;
}

}  // namespace tenure::impl
