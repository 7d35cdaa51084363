// This process's own key in a group: created and locked by its session, rewritten when the document
// changes, created again under the next session, deleted when the member leaves.
//
// Every write has a guard, the index of the key as it was last known or its absence. After a lost
// reply, a refusal or a change by others one linearizable read decides how to go on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/error.hpp>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "core/group/group_member.hpp"
#include "core/util/backoff.hpp"
#include "election/context.hpp"
#include "election/group/group_view.hpp"
#include "election/group/member_removal.hpp"
#include "election/sessions/session_pool.hpp"
#include "election/sessions/session_user.hpp"

namespace tenure::impl {

/// Throws bad_configuration for a document that Consul would not store.
void check_size(const core::group_member& member);

class member_key final : public session_user, public std::enable_shared_from_this<member_key> {
 public:
  /// Throws bad_configuration if the document is too large. The settling time begins when the key
  /// is written under a session for the first time; at its end one more write makes the member
  /// `settled`.
  member_key(std::shared_ptr<context> shared, session_pool::pooled session, std::string group,
             core::group_member first, duration settling_time);
  ~member_key() override;

  /// Keeps the key as it shall be, until it is cancelled (terminal) or remove() is called. The
  /// caller keeps it alive.
  boost::asio::awaitable<void> run();

  /// What shall be published; `settled` is this class's own. Changes within a second are written
  /// together, `leaving` at once, and so is an election that was left, unless the last write was
  /// less than a second ago.
  void publish(core::group_member document);
  const core::group_member& document() const noexcept { return wanted_; }
  /// Whether the key was written under the present session, and with the newest document.
  bool written() const noexcept;
  /// Others have deleted it.
  bool missing() const noexcept { return sent_ && known_ && index_ == 0; }
  /// Whose key it is; empty: there is no session now.
  const std::string& session() const noexcept { return id_; }
  /// Notified when written() or session() may have changed.
  runtime::async_condition& changed() noexcept { return changed_; }
  /// Why the last request about the key failed; none after a success.
  const error_code& last_error() const noexcept { return error_; }

  /// The group as the watch shows it, for each group_watch::receiver::on_answer(). If it lacks this
  /// member as it was written, others may have deleted or overwritten the key: a read decides.
  void observe(const group_view& view);

  /// Deletes the key under its index, and the member's hand-over notices with it, within the
  /// request time-out; the session stays. Nothing is written afterwards.
  boost::asio::awaitable<void> remove();
  /// Takes the key of an earlier membership with the same session over, whose remove() ends.
  void take_over(member_key& left);
  /// Whether remove() has done its work, or the session is gone and the key with it.
  bool gone() const noexcept { return id_.empty() || !sent_ || deleted_; }

  // session_user
  void session_ready(const std::string& id) override;
  void session_lost(const std::string& id) override;
  void session_failed(const consul::answer_base& failed) override;
  bool working() const noexcept override { return false; }
  std::weak_ptr<session_user> weak_user() noexcept override { return weak_from_this(); }

 private:
  class busy_mark;
  enum class step : std::uint8_t { none, read, write };
  enum class request : std::uint8_t { none, read, write, removal };

  void set_session(std::string id);
  std::string key() const { return member_key_name(group_, id_); }
  /// What has to be done next, and when it may be done.
  step next_step() const noexcept;
  time_point next_at(step next) const noexcept;
  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> write();
  boost::asio::awaitable<bool> remove_once(time_point deadline);
  void take(const consul::kv_result& answer);
  void stored(core::group_member what, std::uint64_t modify_index);
  void refused(const consul::txn_result& answer);
  void note(const consul::answer_base& answer);
  void changed_by_others(const char* how);
  void retry_later(core::backoff& pauses);
  void log(log_level level, std::string_view event, std::string_view why = {}) const;
  std::string describe() const;
  time_point now() const noexcept { return shared_->now(); }

  const std::shared_ptr<context> shared_;
  const session_pool::pooled session_;
  const std::string group_;
  const duration settling_time_;
  core::group_member wanted_;
  std::string id_;  ///< of the session
  error_code error_;
  runtime::async_condition changed_;

  // The key of the present session.
  std::optional<core::group_member> stored_;  ///< as it is; nothing: it is missing, or not ours
  std::optional<core::group_member> sent_;    ///< by the last write, whatever became of it
  std::uint64_t index_ = 0;   ///< its ModifyIndex; 0: it does not exist
  bool known_ = true;         ///< stored_ and index_ can be relied on
  bool look_ = false;         ///< the watch shows something else
  request inflight_ = request::none;
  bool removed_ = false;      ///< remove() was called
  bool deleted_ = false;      ///< and has deleted what there was
  removal_scope removal_scope_ = removal_scope::key_and_notices;
  time_point write_at_ = time_point::min();    ///< when a change of the document is written
  time_point settled_at_ = time_point::max();  ///< max: it has settled, or has no key yet
  time_point retry_at_ = time_point::min();    ///< no request before
  time_point repaired_at_ = time_point::min();
  core::backoff failures_;
  core::backoff repairs_;
};

}  // namespace tenure::impl
