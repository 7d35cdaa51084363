// What is behind tenure::leader_settings: one key that holds a document, watched and rewritten.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/leader_settings.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "election/context.hpp"
#include "election/watching/watcher.hpp"

namespace tenure::impl {

class leader_settings_store final : public key_watcher {
 public:
  leader_settings_store(std::shared_ptr<context> shared, std::string key);

  const std::string& key() const noexcept { return key_; }
  const error_code& last_error() const noexcept { return last_error_; }
  const boost::asio::any_io_executor& executor() const noexcept { return shared_->env->executor; }

  boost::asio::awaitable<settings_snapshot> get();
  boost::asio::awaitable<settings_snapshot> next();
  boost::asio::awaitable<void> set(term by, leader_settings::changes changes);
  /// Ends next().
  void stop();

  void on_key_changed(const consul::kv_result& answer) override;
  void on_watch_error(const error_code& why, const std::string& detail) override;

 private:
  void check_open() const;
  enum class source { watch, consistent_read };
  void accept(const consul::kv_result& answer, source from);
  boost::asio::awaitable<void> look_again();
  boost::asio::awaitable<void> set_once(term by, leader_settings::changes changes);

  const std::shared_ptr<context> shared_;
  std::string key_;
  runtime::async_condition changed_;
  std::optional<settings_snapshot> newest_;
  time_point accepted_at_{};
  bool watched_ = false;
  bool looking_ = false;
  bool unread_ = false;
  bool stopped_ = false;
  error_code last_error_;
};

}  // namespace tenure::impl
