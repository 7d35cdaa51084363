// What a candidate sees of its semaphore: a blocking query on the prefix, a linearizable list when
// that is needed, and the spans of the other holders.
#include <algorithm>
#include <utility>

#include "election/semaphore/slot_candidate.hpp"

namespace tenure::impl {
namespace asio = boost::asio;

void slot_candidate::set_enrolled(bool enrolled) noexcept {
  if (std::exchange(enrolled_, enrolled) == enrolled) return;
  if (enrolled) {
    watch_.resume();
  } else {
    watch_.pause();
  }
}

void slot_candidate::on_list(const consul::kv_list& answer) {
  observe(keys_.read(answer.entries));
}

void slot_candidate::on_list_error(const consul::kv_list& answer) { note(answer); }

asio::awaitable<bool> slot_candidate::look() {
  const consul::kv_list answer =
      co_await shared_->client.list(keys_.below(), consul::consistency::consistent);
  note(answer);
  if (answer.error) co_return false;
  observe(keys_.read(answer.entries));
  look_again_ = false;
  co_return true;
}

void slot_candidate::observe(const semaphore_reading& seen) {
  slots_.observe(seen, now());
  good_ = seen.good;
  for (const std::string& holder : seen.holders) {
    const bool lives = seen.contenders.contains(holder);
    if (holder != session_id_ && lives) ask_span(holder);
  }
  // No proof of anything, but a reason to ask for one.
  const bool ours = seen.holders.contains(session_id_) && seen.contenders.contains(session_id_);
  if (lease_.provable() && !ours) lease_.want_proof(now());
  changed_.notify_all();
}

void slot_candidate::ask_span(const std::string& session) {
  if (!asked_.insert(session).second) return;
  auto learn = [weak = weak_from_this(), session](const std::optional<holder_session>& says) {
    const auto self = weak.lock();
    if (!self) return;
    self->asked_.erase(session);
    if (!says || says->span == duration{0}) return;
    self->slots_.holders_span(session, says->span);
    self->changed_.notify_all();
  };
  shared_->spans.ask(session, std::move(learn));
}

}  // namespace tenure::impl
