#include "election/watching/leader_observer.hpp"

#include <utility>

#include "election/errors.hpp"
#include "election/leader_in.hpp"

namespace tenure::impl {

leader_observer::leader_observer(std::shared_ptr<const runtime::environment> env, std::string key,
                                 consul::consistency reads)
    : env_(std::move(env)),
      key_(std::move(key)),
      reads_(reads),
      changed_(*env_->timers) {}

void leader_observer::on_key_changed(const consul::kv_result& answer) {
  last_error_ = error_code{};
  leader who = leader_in(key_, answer);
  if (newest_ && *newest_ == who) return;
  newest_ = std::move(who);
  unread_ = true;
  changed_.notify_all();
}

void leader_observer::on_watch_error(const error_code& why, const std::string&) {
  last_error_ = why;
}

void leader_observer::stop() {
  stopped_ = true;
  changed_.notify_all();
}

boost::asio::awaitable<leader> leader_observer::next(std::shared_ptr<leader_observer>) {
  while (!unread_ && !stopped_) co_await changed_.wait();
  if (stopped_) fail(errc::shut_down, "\"" + key_ + "\"");
  unread_ = false;
  const leader who = *newest_;
  co_return who;
}

}  // namespace tenure::impl
