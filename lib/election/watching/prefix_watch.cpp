#include "election/watching/prefix_watch.hpp"

#include <utility>

namespace tenure::impl {

namespace asio = boost::asio;

prefix_watch::prefix_watch(std::shared_ptr<const runtime::environment> env, consul::client& client,
                           poll_slots& slots, poll_options polls, std::string prefix,
                           receiver& to)
    : client_(client),
      slots_(slots),
      polls_(polls),
      prefix_(std::move(prefix)),
      receiver_(to),
      query_(std::move(env), slots, *this) {
  slots_.add_outsider();
}

prefix_watch::~prefix_watch() { slots_.remove_outsider(); }

asio::awaitable<query_answer> prefix_watch::list() {
  const consul::kv_list answer = co_await client_.list(prefix_, polls_.how);
  const query_answer seen = deliver(answer);
  co_return seen;
}

asio::awaitable<query_answer> prefix_watch::poll(std::uint64_t index, duration wait) {
  const consul::kv_list answer = co_await client_.watch_below(prefix_, index, wait, polls_.how);
  const query_answer seen = deliver(answer);
  co_return seen;
}

query_answer prefix_watch::deliver(const consul::kv_list& answer) {
  query_answer seen;
  seen.error = answer.error;
  seen.detail = answer.detail;
  seen.index = answer.index;
  seen.missing = answer.entries.empty();
  if (answer.error) {
    receiver_.on_list_error(answer);
  } else {
    receiver_.on_list(answer);
  }
  return seen;
}

}  // namespace tenure::impl
