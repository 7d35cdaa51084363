#include "sidecar/http/streams.hpp"

#include <algorithm>
#include <utility>

namespace tenure::sidecar {
namespace {

constexpr std::size_t elections_per_piece = 100;
constexpr std::size_t terms_in_feed = 8;

const std::shared_ptr<const std::string>& heartbeat() {
  static const auto text = std::make_shared<const std::string>(": heartbeat\n\n");
  return text;
}

}  // namespace

election_stream::heartbeat_timer::heartbeat_timer(election_stream& s) noexcept
    : timer([](runtime::timer& t) noexcept {
        election_stream& stream = static_cast<heartbeat_timer&>(t).stream;
        stream.heartbeat_due_ = true;
        stream.self_.wake();
      }),
      stream(s) {}

election_stream::election_stream(election_status& e, runtime::timers& timers,
                                 stream_options options, subscription self)
    : status_(e),
      timers_(timers),
      options_(std::move(options)),
      self_(self),
      place_(e.subscribers.insert(e.subscribers.end(), self)),
      timer_(*this) {
  if (!options_.last_id.empty() && options_.last_id == e.event_id()) sent_version_ = e.version();
  restart_heartbeat();
}

election_stream::~election_stream() {
  timers_.disarm(timer_);
  status_.subscribers.erase(place_);
}

void election_stream::restart_heartbeat() {
  heartbeat_due_ = false;
  if (options_.heartbeat) timers_.arm(timer_, timers_.now() + *options_.heartbeat);
}

std::shared_ptr<const std::string> election_stream::next() {
  if (sent_version_ != status_.version()) {
    sent_version_ = status_.version();
    restart_heartbeat();
    return options_.ids ? status_.sse_frame_with_id() : status_.sse_frame();
  }
  if (!heartbeat_due_) return nullptr;
  restart_heartbeat();
  return heartbeat();
}

bool election_stream::over() const noexcept {
  return status_.retired() && (!status_.known() || sent_version_ == status_.version());
}

feed_stream::feed_stream(status_registry& registry, std::set<feed_stream*>& feeds,
                         std::string hello, std::function<std::string()> groups,
                         subscription self)
    : registry_(registry),
      feeds_(feeds),
      hello_(std::move(hello)),
      groups_(std::move(groups)),
      self_(self),
      changed_(registry.all().size(), true),
      groups_changed_(groups_ != nullptr) {
  feeds_.insert(this);
}

feed_stream::~feed_stream() { feeds_.erase(this); }

std::shared_ptr<const std::string> feed_stream::next() {
  if (ended_) return nullptr;
  if (!hello_.empty()) {
    return std::make_shared<const std::string>("event: hello\ndata: " +
                                               std::exchange(hello_, {}) + "\n\n");
  }
  if (std::exchange(groups_changed_, false)) {
    return std::make_shared<const std::string>("event: groups\ndata: " + groups_() + "\n\n");
  }
  std::string data;
  std::size_t count = 0;
  // Each piece continues where the last one ended, so that elections that change often do not keep
  // others waiting.
  for (std::size_t seen = 0; seen < changed_.size() && count < elections_per_piece; ++seen) {
    const std::size_t i = cursor_;
    cursor_ = (cursor_ + 1) % changed_.size();
    if (!changed_[i]) continue;
    changed_[i] = false;
    data += (count++ == 0 ? "[[" : ",[") + std::to_string(i) + ',' +
            detail_json(*registry_.all()[i], terms_in_feed) + ']';
  }
  if (count > 0)
    return std::make_shared<const std::string>("event: state\ndata: " + data + "]\n\n");
  if (!std::exchange(leases_due_, false)) return nullptr;
  for (const auto& e : registry_.all()) {
    const auto lease = e->remaining_lease();
    if (!lease) continue;
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*lease).count();
    data += (data.empty() ? "[" : ",[") + std::to_string(e->index) + ',' + std::to_string(ms) + ']';
  }
  return std::make_shared<const std::string>("event: lease\ndata: [" + data + "]\n\n");
}

std::shared_ptr<const std::string> list_stream::next() {
  if (ended_) return nullptr;
  const auto& all = registry_.all();
  std::string data;
  const std::size_t end = std::min(all.size(), at_ + elections_per_piece);
  for (; at_ < end; ++at_) data += (at_ == 0 ? "[" : ",\n") + detail_json(*all[at_], 0);
  ended_ = at_ >= all.size();
  if (ended_) data += all.empty() ? "[]\n" : "]\n";
  return std::make_shared<const std::string>(std::move(data));
}

}  // namespace tenure::sidecar
