// Follows one key by blocking queries and tells its followers what it sees.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consul/client.hpp"
#include "election/poll_turns.hpp"
#include "runtime/services.hpp"

namespace tenure::impl {

/// Whoever wants to know of a key. Told on the engine's thread.
class key_follower {
 public:
  virtual ~key_follower() = default;
  virtual void key_seen(const consul::kv_found& answer) = 0;
  virtual void key_unseen(const error_code& why, const std::string& detail) = 0;
};

class key_watch {
 public:
  key_watch(std::shared_ptr<const runtime::services> services, consul::client& client,
            poll_turns& turns, std::string key);
  ~key_watch();
  key_watch(const key_watch&) = delete;
  key_watch& operator=(const key_watch&) = delete;

  const std::string& key() const noexcept { return key_; }
  /// Tells the newest sight at once, if there is one.
  void follow(const std::shared_ptr<key_follower>& follower);
  /// Whether nobody follows any more.
  bool deserted() noexcept;
  /// The watch itself; runs until it is cancelled or deserted.
  boost::asio::awaitable<void> run();

 private:
  boost::asio::awaitable<consul::kv_found> ask();
  template <class Tell>
  void tell(Tell tell);
  duration pause_after(const consul::kv_found& answer, time_point asked) noexcept;

  std::shared_ptr<const runtime::services> services_;
  consul::client& client_;
  poll_turns& turns_;
  std::string key_;
  std::optional<consul::kv_found> last_;
  std::uint64_t index_ = 0;
  std::uint64_t quick_answers_ = 0;
  std::vector<std::weak_ptr<key_follower>> followers_;
};

}  // namespace tenure::impl
