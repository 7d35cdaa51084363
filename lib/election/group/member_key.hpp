// This process's own key in a group: created and locked by its session, rewritten when the document
// changes, created again when the session was lost, deleted when the member leaves.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/error.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "core/group/group_member.hpp"
#include "election/context.hpp"
#include "election/sessions/session_pool.hpp"
#include "election/sessions/session_user.hpp"

namespace tenure::impl {

class member_key final : public session_user, public std::enable_shared_from_this<member_key> {
 public:
  /// The settling time begins when the key is written under a session for the first time: then
  /// `settled` becomes true in the document, by one more write.
  member_key(std::shared_ptr<context> shared, session_pool::pooled session, std::string group,
             core::group_member first, duration settling_time);
  ~member_key() override;

  /// Keeps the key as it shall be, until it is cancelled (terminal). The caller keeps it alive.
  boost::asio::awaitable<void> run();

  /// What shall be published; `settled` is this class's own. Changes within a second are written
  /// together, `leaving` at once.
  void publish(core::group_member document);
  const core::group_member& document() const noexcept { return wanted_; }
  /// Whether the key was written under the present session, and with the newest document.
  bool written() const noexcept;
  const std::string& session() const;
  /// Notified when written() or session() may have changed.
  runtime::async_condition& changed() noexcept { return changed_; }
  const error_code& last_error() const noexcept { return error_; }

  /// Deletes the key under its index, within the request time-out; the session stays.
  boost::asio::awaitable<void> remove();

  // session_user
  void session_ready(const std::string& id) override;
  void session_lost(const std::string& id) override;
  void session_failed(const consul::answer_base& failed) override;
  bool working() const noexcept override { return false; }
  std::weak_ptr<session_user> weak_user() noexcept override { return weak_from_this(); }

 private:
  const std::shared_ptr<context> shared_;
  session_pool::pooled session_;
  const std::string group_;
  const duration settling_time_;
  core::group_member wanted_;
  error_code error_;
  runtime::async_condition changed_;
};

}  // namespace tenure::impl
