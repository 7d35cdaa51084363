#include "election/settings/leader_settings_store.hpp"

#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "consul/documents.hpp"
#include "core/util/backoff.hpp"
#include "election/errors.hpp"
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

leader_settings_store::leader_settings_store(std::shared_ptr<context> shared, std::string key)
    : shared_(std::move(shared)), key_(std::move(key)), changed_(*shared_->env->timers) {}

void leader_settings_store::check_open() const {
  if (shared_->shutting_down) fail(errc::shut_down, "\"" + key_ + "\"");
}

asio::awaitable<settings_snapshot> leader_settings_store::get() {
  check_open();
  const consul::kv_result answer =
      co_await shared_->client.get(key_, consul::consistency::consistent);
  if (answer.error) fail(answer.error, answer.detail);
  const std::optional<settings_snapshot> now = snapshot_of(answer);
  if (!now)
    fail(errc::bad_argument,
         "\"" + key_ + "\" does not hold settings: they are a JSON object of strings");
  co_return *now;
}

// -- following -----------------------------------------------------------------------------------

asio::awaitable<settings_snapshot> leader_settings_store::next() {
  if (!watched_) {
    check_open();
    watched_ = true;
    shared_->watches.watch(key_name(key_), shared_from_this());
  }
  while (!unread_ && !stopped_) co_await changed_.wait();
  if (stopped_) fail(errc::shut_down, "\"" + key_ + "\"");
  unread_ = false;
  const settings_snapshot now = *newest_;
  co_return now;
}

void leader_settings_store::on_key_changed(const consul::kv_result& answer) {
  accept(answer, source::watch);
}

// Answers may overtake each other while watches are planned anew; but indexes also go back when a
// server is restored. One linearizable read decides which it is, if it was sent after the newest
// answer had come: the watch does not show again what it has shown.
asio::awaitable<void> leader_settings_store::look_again() {
  core::backoff pauses(100ms, 5s);
  bool decided = false;
  while (!decided && !stopped_) {
    const consul::kv_result answer =
        co_await shared_->client.get(key_, consul::consistency::consistent);
    decided = !answer.error && answer.sent_at >= accepted_at_;
    if (decided) {
      accept(answer, source::consistent_read);
    } else {
      const time_point at = shared_->now() + pauses.next(shared_->env->random->next());
      co_await runtime::sleep_until(*shared_->env->timers, at);
    }
  }
  looking_ = false;
}

void leader_settings_store::accept(const consul::kv_result& answer, source from) {
  std::optional<settings_snapshot> now = snapshot_of(answer);
  if (!now) {
    if (last_error_ != errc::bad_argument) {
      shared_->env->log->log(log_level::warn, "settings unreadable", {{"key", key_}});
    }
    last_error_ = errc::bad_argument;
    return;
  }
  last_error_ = error_code{};
  if (newest_ && *newest_ == *now) return;
  if (newest_ && now->index < newest_->index && from == source::watch) {
    if (looking_) return;
    looking_ = true;
    shared_->tasks.spawn(runtime::keep_alive(look_again(), shared_from_this()));
    return;
  }
  newest_ = std::move(now);
  accepted_at_ = shared_->now();
  unread_ = true;
  changed_.notify_all();
}

void leader_settings_store::on_watch_error(const error_code& why, const std::string&) {
  last_error_ = why;
}

void leader_settings_store::stop() {
  stopped_ = true;
  changed_.notify_all();
}

// -- setting -------------------------------------------------------------------------------------

// Reads, changes, and writes on condition that the key was not written in between.
asio::awaitable<void> leader_settings_store::set_once(term by, leader_settings::changes changes) {
  settings_snapshot now = co_await get();
  if (!consul::merge_settings(changes, now.values)) {
    // Nothing changes; but only the leader may say so.
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

// After a lost answer it reads again: either the changes are there, or the lost write, should it
// still arrive, will not match once the next one has been carried out.
asio::awaitable<void> leader_settings_store::set(term by, leader_settings::changes changes) {
  check(changes);
  core::backoff pauses(20ms, 500ms);
  bool unknown = false;
  for (;;) {
    check_open();
    if (!by.holds()) fail(unknown ? errc::outcome_unknown : errc::not_leading, by.key());
    std::exception_ptr thrown;
    error_code error;
    try {
      co_await set_once(by, changes);
    } catch (const boost::system::system_error& e) {
      thrown = std::current_exception();
      error = e.code();
    }
    if (!thrown) co_return;
    unknown = unknown || error == errc::outcome_unknown;
    const bool resolved = error == errc::refused || error == error_kind::retryable;
    const bool again = error == errc::refused || (unknown && resolved && by.holds());
    if (!again && unknown && error != asio::error::operation_aborted) {
      fail(errc::outcome_unknown, "settings in \"" + key_ + "\"");
    }
    if (!again) std::rethrow_exception(thrown);
    const time_point at = shared_->env->timers->now() + pauses.next(shared_->env->random->next());
    co_await runtime::sleep_until(*shared_->env->timers, at);
  }
}

}  // namespace tenure::impl
