// What a candidate sees of its semaphore: a blocking query on the prefix, a linearizable list when
// that is needed, and the spans of the other holders.
#include <algorithm>
#include <utility>

#include "core/testing/seeded_bug.hpp"
#include "election/semaphore/slot_candidate.hpp"

namespace tenure::impl {
namespace asio = boost::asio;

void slot_candidate::set_enrolled(bool enrolled) noexcept {
  must(!enrolled || !session_id_.empty(), "a contender key belongs to a session");
  if (std::exchange(enrolled_, enrolled) == enrolled) return;
  if (enrolled) {
    watch_.resume();
  } else {
    watch_.pause();
  }
}

/// Another client has deleted the contender key. A name in `.lock` without that key is a dead
/// holder's, and its slot is free a span later. A candidate that sees it twice cannot know that the
/// holder had another slot in between: so this session takes none any more.
void slot_candidate::contender_key_gone() {
  set_enrolled(false);
  looks_dead_ = true;
  session_->check_now();
}

// A list does not show the keys that the token may not read: what is missing in a list without our
// own key says nothing. A look decides then, and also if the list may be outdated.
void slot_candidate::on_list(const consul::kv_list& answer) {
  const semaphore_reading seen = keys_.read(answer, consul::consistency::default_);
  if (!shows_own_key(answer, seen)) {
    observe_lock_only(seen);
  } else if (observe(seen)) {
    return;
  }
  look_again_ = true;
  if (lease_.provable()) lease_.want_proof(now());
  changed_.notify_all();
}

bool slot_candidate::shows_own_key(const consul::kv_list& answer,
                                   const semaphore_reading& seen) const {
  return !enrolled_ || !answer.may_be_filtered || seen.contenders.contains(session_id_);
}

/// All candidates of the semaphore know what one of them sees: a process that contends again may
/// still be leaving with its last candidate.
template <class F>
void slot_candidate::tell_all(F what) {
  const auto [first, last] = shared_->slot_candidates.equal_range(prefix());
  for (auto one = first; one != last; ++one) {
    what(*one->second);
    one->second->changed_.notify_all();
  }
}

/// The holders rely on their names. If an operator takes these away later, the candidate has to
/// know that they were there.
void slot_candidate::observe_lock_only(const semaphore_reading& seen) {
  if (seen.lock_modified == 0) return;
  tell_all([&](slot_candidate& one) { one.slots_.observe_lock(seen, now()); });
}

/// False: the answer may be outdated.
bool slot_candidate::observe_slots(const semaphore_reading& seen) {
  bool taken = false;
  tell_all([&](slot_candidate& one) {
    const bool took = one.slots_.observe(seen, now());
    if (took) one.good_ = seen.good;
    if (&one == this) taken = took;
  });
  return taken;
}

/// Whether a list without our own key is right about that. A read of the key is refused if the
/// token may not read it.
asio::awaitable<bool> slot_candidate::own_key_is_gone() {
  const std::string session = session_id_;
  const consul::kv_result own =
      co_await shared_->client.get(keys_.contender(session), consul::consistency::consistent);
  note(own);
  co_return !own.error && (!own.entry || own.entry->session != session);
}

void slot_candidate::on_list_error(const consul::kv_list& answer) { note(answer); }

asio::awaitable<bool> slot_candidate::look() {
  const consul::kv_list answer =
      co_await shared_->client.list(keys_.below(), consul::consistency::consistent);
  note(answer);
  if (answer.error) co_return false;
  const semaphore_reading seen = keys_.read(answer, consul::consistency::consistent);
  if (!shows_own_key(answer, seen)) {
    observe_lock_only(seen);
    const bool gone = co_await own_key_is_gone();
    if (gone && session_alive()) contender_key_gone();
    co_return false;
  }
  look_again_ = !observe(seen);
  co_return !look_again_;
}

bool slot_candidate::observe(const semaphore_reading& seen) {
  if (!observe_slots(seen)) return false;
  for (const std::string& holder : seen.holders) {
    const bool lives = seen.contenders.contains(holder);
    if (holder != session_id_ && lives) ask_span(holder);
  }
  // No proof of anything, but a reason to ask for one.
  const bool ours = seen.holders.contains(session_id_) && seen.contenders.contains(session_id_);
  if (lease_.provable() && !ours) lease_.want_proof(now());
  if (bug_enabled(core::seeded_bug::slot_proven_by_watch) && ours && term_) {
    proved(now(), seen.lock_modified);
  }
  changed_.notify_all();
  return true;
}

void slot_candidate::ask_span(const std::string& session) {
  if (!asked_.insert(session).second) return;
  auto learn = [weak = weak_from_this(), session](const std::optional<holder_session>& says) {
    const auto self = weak.lock();
    if (!self) return;
    self->asked_.erase(session);
    if (!says || says->span == duration{0}) return;
    self->tell_all([&](slot_candidate& one) { one.slots_.holders_span(session, says->span); });
  };
  shared_->spans.ask(session, std::move(learn));
}

}  // namespace tenure::impl
