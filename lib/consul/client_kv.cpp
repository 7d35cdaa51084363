// Keys and blocking queries.
#include <algorithm>

#include "consul/client.hpp"
#include "consul/client_support.hpp"
#include "consul/parse.hpp"

namespace tenure::consul {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr unsigned not_found = 404;
// A 404 of Consul's KV store has the index of its table; one without it is not Consul's.
constexpr const char* not_consul = " without X-Consul-Index: is this Consul?";

// A list of other keys than those that were asked for is none.
kv_list below(const std::string& prefix, kv_list answer, const consul_config& config) {
  const auto strange = [&](const kv_entry& e) { return !e.key.starts_with(prefix); };
  if (std::ranges::none_of(answer.entries, strange)) return answer;
  answer.entries.clear();
  answer.error = consul_errc::bad_answer;
  answer.detail = "a list of other keys than those below '" + prefix + "' from " + config.address();
  return answer;
}

}  // namespace

// The response to a request for keys. Its body is empty with an error, and where there are none.
asio::awaitable<response> client::kv_response(const call& what, std::string why_unaddressable,
                                              answer_base& answer) {
  if (!why_unaddressable.empty()) {
    answer.sent_at = env_->clock->now();
    set_error(answer, consul_errc::bad_request, what, config_, "not sent: " + why_unaddressable);
    co_return response();
  }
  response received = co_await ask(what);
  take_base(received, answer);
  if (answer.error) co_return response();
  const bool missing = received.status == not_found;
  if (answer.index == 0) {
    set_error(answer, consul_errc::bad_answer, what, config_,
              std::to_string(received.status) + not_consul);
  } else if (missing && !received.body.empty()) {
    set_error(answer, consul_errc::bad_answer, what, config_, received,
              "404 that is not Consul's: " + received.body);
  } else if (!missing && received.body.empty()) {
    set_error(answer, consul_errc::bad_answer, what, config_, "an empty answer");
  }
  if (answer.error) co_return response();
  co_return received;
}

// get() and watch(): one key, or none.
asio::awaitable<kv_result> client::find(call what, std::string key, consistency how) {
  kv_result answer;
  what.accepted = not_found;
  response received = co_await kv_response(what, unaddressable(key), answer);
  answer.linearizable = !answer.error && how == consistency::consistent;
  if (received.body.empty()) co_return answer;
  std::vector<kv_entry> entries;
  const error_code error = parser_->kv(received.body, entries);
  if (error || entries.size() != 1 || entries.front().key != key)
    set_error(answer, consul_errc::bad_answer, what, config_, received,
              "not the answer for this key: " + received.body);
  else
    answer.entry = std::move(entries.front());
  co_return answer;
}

asio::awaitable<kv_result> client::get(std::string key, consistency how) {
  target to("/v1/kv/" + escaped_key(key), config_);
  to.with(how);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), deadline());
  return find(std::move(what), std::move(key), how);
}

// Its deadline: Consul adds up to a sixteenth to the wait; request_timeout is for the network and
// the queue for a connection.
call client::watching(target to, std::uint64_t index, duration wait) const {
  const duration in_range = std::clamp<duration>(wait, 1s, 10min);
  to.with("index", std::to_string(index));
  to.with("wait", duration_text(std::chrono::ceil<std::chrono::milliseconds>(in_range)));
  const duration time_limit = in_range + in_range / 16 + config_.request_timeout();
  call what(runtime::lane::polls, effect::read, "GET", std::move(to),
            env_->clock->now() + time_limit);
  what.retries = 0;
  return what;
}

asio::awaitable<kv_result> client::watch(std::string key, std::uint64_t index, duration wait,
                                         consistency how) {
  target to("/v1/kv/" + escaped_key(key), config_);
  to.with(how);
  return find(watching(std::move(to), index, wait), std::move(key), how);
}

// -- lists ---------------------------------------------------------------------------------------

asio::awaitable<raw_kv_list> client::find_below(call what, std::string prefix,
                                                consistency how) {
  raw_kv_list answer;
  what.accepted = not_found;
  response received = co_await kv_response(what, unaddressable_prefix(prefix), answer);
  answer.body = std::move(received.body);
  answer.linearizable = !answer.error && how == consistency::consistent;
  co_return answer;
}

asio::awaitable<raw_kv_list> client::list_raw(std::string prefix, consistency how) {
  target to("/v1/kv/" + escaped_key(prefix), config_);
  to.with("recurse").with(how);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), deadline());
  return find_below(std::move(what), std::move(prefix), how);
}

asio::awaitable<raw_kv_list> client::watch_raw(std::string prefix, std::uint64_t index,
                                               duration wait, consistency how) {
  target to("/v1/kv/" + escaped_key(prefix), config_);
  to.with("recurse").with(how);
  return find_below(watching(std::move(to), index, wait), std::move(prefix), how);
}

void client::read(raw_kv_list& list, kv_reader& reader) {
  if (list.error || list.body.empty()) return;
  list.error = parser_->kv(list.body, reader);
  if (list.error) list.detail = "a malformed list of keys from " + config_.address();
  list.body.clear();
}

kv_list client::parsed(raw_kv_list raw) {
  kv_list answer;
  static_cast<answer_base&>(answer) = raw;
  if (answer.error || raw.body.empty()) return answer;
  if (parser_->kv(raw.body, answer.entries)) {
    answer.error = consul_errc::bad_answer;
    answer.detail = "a malformed list of keys from " + config_.address();
  }
  return answer;
}

asio::awaitable<kv_list> client::list(std::string prefix, consistency how) {
  raw_kv_list raw = co_await list_raw(prefix, how);
  co_return below(prefix, parsed(std::move(raw)), config_);
}

asio::awaitable<kv_list> client::watch_below(std::string prefix, std::uint64_t index,
                                             duration wait, consistency how) {
  raw_kv_list raw = co_await watch_raw(prefix, index, wait, how);
  co_return below(prefix, parsed(std::move(raw)), config_);
}

}  // namespace tenure::consul
