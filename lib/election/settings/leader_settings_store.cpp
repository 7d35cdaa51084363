#include "election/settings/leader_settings_store.hpp"

#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "consul/documents.hpp"
#include "core/util/backoff.hpp"
#include "election/engine.hpp"
#include "runtime/keep_alive.hpp"
#include "text/utf8.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::optional<settings_snapshot> snapshot_of(const consul::kv_result& answer) {
  settings_snapshot now;
  if (!answer.entry) return now;
  auto values = consul::parse_settings(answer.entry->value);
  if (!values) return std::nullopt;
  now.index = answer.entry->modify_index;
  now.values = std::move(*values);
  return now;
}

void check(const leader_settings::changes& changes) {
  if (changes.empty()) fail(errc::bad_argument, "no settings to set");
  for (const auto& [name, value] : changes) {
    if (name.empty()) fail(errc::bad_argument, "a setting needs a name");
    if (!text::is_utf8(name) || !text::is_utf8(value)) {
      fail(errc::bad_argument, "settings are kept as JSON, so they have to be UTF-8: encode \"" +
                                   name + "\", for example as base64");
    }
  }
}

}  // namespace

leader_settings_store::leader_settings_store(const std::shared_ptr<engine>& owner, std::string key)
    : engine_(owner),
      env_(owner->shared_env()),
      key_(std::move(key)),
      changed_(*env_->timers) {}

std::shared_ptr<engine> leader_settings_store::running() const {
  auto e = engine_.lock();
  if (!e || e->stopping()) fail(errc::shut_down, "\"" + key_ + "\"");
  return e;
}

asio::awaitable<settings_snapshot> leader_settings_store::get() {
  const auto e = running();
  const consul::kv_result answer =
      co_await e->client().get(key_, consul::consistency::consistent);
  if (answer.error) fail(answer.error, answer.detail);
  const std::optional<settings_snapshot> now = snapshot_of(answer);
  if (!now) fail(errc::bad_argument, "\"" + key_ + "\" holds something that is no settings");
  co_return *now;
}

// -- following -----------------------------------------------------------------------------------

asio::awaitable<settings_snapshot> leader_settings_store::next() {
  if (!watched_) {
    watched_ = true;
    running()->watch(key_name(key_), shared_from_this());
  }
  while (!unread_ && !stopped_) co_await changed_.wait();
  if (stopped_) fail(errc::shut_down, "\"" + key_ + "\"");
  unread_ = false;
  const settings_snapshot now = *newest_;
  co_return now;
}

void leader_settings_store::on_key_changed(const consul::kv_result& answer) { take(answer, false); }

// Answers may overtake each other where a watch is planned anew; but indexes also go back where a
// server was restored. One linearizable read tells which it is.
asio::awaitable<void> leader_settings_store::look_again() {
  const auto e = engine_.lock();
  const consul::kv_result answer =
      co_await e->client().get(key_, consul::consistency::consistent);
  looking_ = false;
  if (!answer.error) take(answer, true);
}

void leader_settings_store::take(const consul::kv_result& answer, bool sure) {
  std::optional<settings_snapshot> now = snapshot_of(answer);
  if (!now) {
    if (last_error_ != errc::bad_argument) {
      env_->log->log(log_level::warn, "the key holds something that is no settings",
                          {{"key", key_}});
    }
    last_error_ = errc::bad_argument;
    return;
  }
  last_error_ = error_code{};
  if (newest_ && *newest_ == *now) return;
  if (newest_ && now->index < newest_->index && !sure) {
    const auto e = engine_.lock();
    if (!e || looking_) return;
    looking_ = true;
    e->tasks().spawn(runtime::keep_alive(look_again(), shared_from_this(), e));
    return;
  }
  newest_ = std::move(now);
  unread_ = true;
  changed_.notify_all();
}

void leader_settings_store::on_watch_error(const error_code& why, const std::string&) { last_error_ = why; }

void leader_settings_store::stop() {
  stopped_ = true;
  changed_.notify_all();
}

// -- setting -------------------------------------------------------------------------------------

// Read, change, and write on condition that nobody wrote in between.
asio::awaitable<void> leader_settings_store::try_to_set(term by, leader_settings::changes changes) {
  settings_snapshot now = co_await get();
  if (!consul::merge_settings(changes, now.values)) {
    // Nothing to change; but to say so is only for the leader.
    const bool leading = co_await by.prove();
    if (!leading) fail(errc::not_leading, "\"" + by.key() + "\"");
    co_return;
  }
  std::string text = consul::settings_text(now.values);
  if (text.size() > candidacy::most_value) {
    fail(errc::bad_argument, "the settings would have " + std::to_string(text.size()) +
                                 " bytes, and there is room for 384000");
  }
  leader_writes writes;
  writes.set_if(key_, std::move(text), now.index);
  co_await by.write(std::move(writes));
}

// A lost answer is cleared up by reading again: either the changes are there, or the write that is
// still on its way will not match any more once the next one has been carried out.
asio::awaitable<void> leader_settings_store::set(term by, leader_settings::changes changes) {
  check(changes);
  core::backoff pauses(20ms, 500ms);
  bool unknown = false;
  for (;;) {
    running();
    if (!by.holds()) fail(unknown ? errc::outcome_unknown : errc::not_leading, by.key());
    std::exception_ptr thrown;
    error_code error;
    try {
      co_await try_to_set(by, changes);
    } catch (const boost::system::system_error& e) {
      thrown = std::current_exception();
      error = e.code();
    }
    if (!thrown) co_return;
    unknown = unknown || error == errc::outcome_unknown;
    const bool cleared_up = error == errc::refused || error == error_kind::retryable;
    const bool again = error == errc::refused || (unknown && cleared_up && by.holds());
    if (!again && unknown && error != asio::error::operation_aborted) {
      fail(errc::outcome_unknown, "settings in \"" + key_ + "\"");
    }
    if (!again) std::rethrow_exception(thrown);
    const time_point at = env_->timers->now() + pauses.next(env_->random->next());
    co_await runtime::sleep_until(*env_->timers, at);
  }
}

}  // namespace tenure::impl
