// What is behind tenure::settings: one key that holds a document, followed and rewritten.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/settings.hpp>

#include "election/key_follower.hpp"
#include "runtime/services.hpp"
#include "runtime/condition.hpp"

namespace tenure::impl {

class engine;

class settings_bucket final : public key_follower {
 public:
  settings_bucket(const std::shared_ptr<engine>& owner, std::string key);

  const std::string& key() const noexcept { return key_; }
  const error_code& last_error() const noexcept { return last_error_; }

  boost::asio::awaitable<settings_snapshot> get();
  boost::asio::awaitable<settings_snapshot> next();
  boost::asio::awaitable<void> set(term by, settings::group changes);
  /// Ends next().
  void stop();

  void key_seen(const consul::kv_found& answer) override;
  void key_unseen(const error_code& why, const std::string& detail) override;

 private:
  std::shared_ptr<engine> running() const;
  void take(const consul::kv_found& answer, bool sure);
  boost::asio::awaitable<void> look_again();
  boost::asio::awaitable<void> try_to_set(term by, settings::group changes);

  std::weak_ptr<engine> engine_;
  std::shared_ptr<const runtime::services> services_;
  std::string key_;
  runtime::condition changed_;
  std::optional<settings_snapshot> newest_;
  bool followed_ = false;
  bool looking_ = false;
  bool unread_ = false;
  bool stopped_ = false;
  error_code last_error_;
};

}  // namespace tenure::impl
