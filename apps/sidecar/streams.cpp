#include "sidecar/streams.hpp"

#include <algorithm>
#include <utility>

namespace tenure::sidecar {
namespace {

/// How many elections are told in one piece.
constexpr std::size_t most_in_a_piece = 100;
constexpr std::size_t spells_in_a_feed = 8;

const std::shared_ptr<const std::string>& heartbeat() {
  static const auto text = std::make_shared<const std::string>(": heartbeat\n\n");
  return text;
}

}  // namespace

election_stream::beat::beat(election_stream& s) noexcept
    : timer([](runtime::timer& t) noexcept {
        election_stream& stream = static_cast<beat&>(t).stream;
        stream.beat_due_ = true;
        stream.self_.wake();
      }),
      stream(s) {}

election_stream::election_stream(board_entry& e, runtime::timers& timers, stream_wishes wishes,
                                 subscription self)
    : entry_(e),
      timers_(timers),
      wishes_(std::move(wishes)),
      self_(self),
      place_(e.subscribers.insert(e.subscribers.end(), self)),
      beat_(*this) {
  if (!wishes_.last_id.empty() && wishes_.last_id == e.id()) sent_ = e.version;
  rest();
}

election_stream::~election_stream() {
  timers_.disarm(beat_);
  entry_.subscribers.erase(place_);
}

void election_stream::rest() {
  beat_due_ = false;
  if (wishes_.heartbeat) timers_.arm(beat_, timers_.now() + *wishes_.heartbeat);
}

std::shared_ptr<const std::string> election_stream::next() {
  if (sent_ != entry_.version) {
    sent_ = entry_.version;
    rest();
    return wishes_.ids ? entry_.frame_with_id() : entry_.frame();
  }
  if (!beat_due_) return nullptr;
  rest();
  return heartbeat();
}

feed_stream::feed_stream(board& b, std::set<feed_stream*>& feeds, std::string hello,
                         subscription self)
    : board_(b),
      feeds_(feeds),
      hello_(std::move(hello)),
      self_(self),
      dirty_(b.entries().size(), true) {
  feeds_.insert(this);
}

feed_stream::~feed_stream() { feeds_.erase(this); }

std::shared_ptr<const std::string> feed_stream::next() {
  if (!hello_.empty()) {
    return std::make_shared<const std::string>("event: hello\ndata: " +
                                               std::exchange(hello_, {}) + "\n\n");
  }
  std::string data;
  std::size_t told = 0;
  // Once around at most, going on where the last piece ended: no election waits for another.
  for (std::size_t seen = 0; seen < dirty_.size() && told < most_in_a_piece; ++seen) {
    const std::size_t i = cursor_;
    cursor_ = (cursor_ + 1) % dirty_.size();
    if (!dirty_[i]) continue;
    dirty_[i] = false;
    data += (told++ == 0 ? "[[" : ",[") + std::to_string(i) + ',' +
            detail_json(*board_.entries()[i], spells_in_a_feed) + ']';
  }
  if (told > 0) return std::make_shared<const std::string>("event: state\ndata: " + data + "]\n\n");
  if (!std::exchange(leases_, false)) return nullptr;
  for (const auto& e : board_.entries()) {
    const auto lease = e->lease();
    if (!lease) continue;
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*lease).count();
    data += (data.empty() ? "[" : ",[") + std::to_string(e->index) + ',' + std::to_string(ms) + ']';
  }
  return std::make_shared<const std::string>("event: lease\ndata: [" + data + "]\n\n");
}

std::shared_ptr<const std::string> list_stream::next() {
  if (ended_) return nullptr;
  const auto& all = board_.entries();
  std::string data;
  const std::size_t end = std::min(all.size(), at_ + most_in_a_piece);
  for (; at_ < end; ++at_) data += (at_ == 0 ? "[" : ",\n") + detail_json(*all[at_], 0);
  ended_ = at_ == all.size();
  if (ended_) data += all.empty() ? "[]\n" : "]\n";
  return std::make_shared<const std::string>(std::move(data));
}

}  // namespace tenure::sidecar
