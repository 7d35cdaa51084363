#include <boost/system/system_error.hpp>
#include <utility>

#include "election/engine.hpp"

namespace tenure::impl {

observation::observation(std::shared_ptr<const runtime::services> services, std::string key)
    : services_(std::move(services)),
      key_(std::move(key)),
      changed_(services_->executor, *services_->timers) {}

void observation::key_seen(const consul::kv_found& answer) {
  last_error_ = error_code{};
  leader who = leader_in(key_, answer);
  if (newest_ && *newest_ == who) return;
  newest_ = std::move(who);
  unread_ = true;
  changed_.notify_all();
}

void observation::key_unseen(const error_code& why, const std::string&) { last_error_ = why; }

void observation::stop() {
  stopped_ = true;
  changed_.notify_all();
}

boost::asio::awaitable<leader> observation::next(std::shared_ptr<observation>) {
  while (!unread_ && !stopped_) co_await changed_.wait();
  if (stopped_) throw boost::system::system_error(errc::shut_down);
  unread_ = false;
  const leader who = *newest_;
  co_return who;
}

}  // namespace tenure::impl
