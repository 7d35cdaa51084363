#include "sidecar/http/wake_queue.hpp"

#include <boost/asio/post.hpp>

namespace tenure::sidecar {
namespace {

constexpr std::size_t batch_size = 256;

}  // namespace

void wake_queue::add(const std::list<subscription>& subscribers) {
  queue_.emplace_back(subscribers.begin(), subscribers.end());
}

void wake_queue::start() {
  if (running_ || (queue_.empty() && feeds_.empty())) return;
  running_ = true;
  boost::asio::post(executor_, [this] { wake_batch(); });
}

// A woken feed may close, which removes it from the set: hence the copy.
void wake_queue::wake_feeds() {
  for (feed_stream* feed : std::vector(feeds_.begin(), feeds_.end())) feed->wake();
}

void wake_queue::wake_batch() {
  running_ = false;
  wake_feeds();
  for (std::size_t woken = 0; !queue_.empty() && woken < batch_size;) {
    std::vector<subscription>& next = queue_.front();
    for (; !next.empty() && woken < batch_size; ++woken) {
      next.back().wake();
      next.pop_back();
    }
    if (next.empty()) queue_.pop_front();
  }
  if (queue_.empty()) return;
  running_ = true;
  boost::asio::post(executor_, [this] { wake_batch(); });
}

}  // namespace tenure::sidecar
