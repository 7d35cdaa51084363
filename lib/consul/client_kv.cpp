// Keys and blocking queries.
#include <algorithm>

#include "consul/client.hpp"
#include "consul/client_support.hpp"
#include "consul/parse.hpp"

namespace tenure::consul {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// A 404 of Consul's KV names the index of its table; any other 404 is somebody else's.
constexpr const char* not_consul = " without X-Consul-Index: is this Consul?";

}  // namespace

// What get and watch share: one key, or none.
asio::awaitable<kv_result> client::find(call what, std::string key) {
  kv_result answer;
  what.accepted = 404;
  if (const std::string why = unaddressable(key, false); !why.empty()) {
    fail(answer, consul_errc::bad_request, describe(what, config_), "not sent: " + why);
    co_return answer;
  }
  reply told = co_await perform(*services_, config_, what);
  take(told, answer);
  if (answer.error) co_return answer;
  if (answer.index == 0) {
    fail(answer, consul_errc::bad_answer, describe(what, config_),
         std::to_string(told.status) + not_consul);
    co_return answer;
  }
  if (told.status == 404) co_return answer;
  std::vector<kv_entry> entries;
  const error_code error = parser_->kv(told.body, entries);
  if (error || entries.size() != 1 || entries.front().key != key)
    fail(answer, consul_errc::bad_answer, describe(what, config_),
         "an answer that is not the key's: " + told.body);
  else
    answer.entry = std::move(entries.front());
  co_return answer;
}

asio::awaitable<kv_result> client::get(std::string key, consistency how) {
  target to("/v1/kv/" + escaped_key(key), config_);
  to.with(how);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), in_time());
  return find(std::move(what), std::move(key));
}

// Consul adds up to a sixteenth to the wait; the rest is for the way, and for waiting for a
// connection.
call client::watching(target to, std::uint64_t index, duration wait) const {
  const duration asked_for = std::clamp<duration>(wait, 1s, 10min);
  to.with("index", std::to_string(index));
  to.with("wait", duration_text(std::chrono::ceil<std::chrono::milliseconds>(asked_for)));
  const duration patience = asked_for + asked_for / 16 + config_.request_timeout;
  call what(runtime::lane::polls, effect::read, "GET", std::move(to),
            services_->clock->now() + patience);
  what.retries = 0;
  return what;
}

asio::awaitable<kv_result> client::watch(std::string key, std::uint64_t index, duration wait) {
  target to("/v1/kv/" + escaped_key(key), config_);
  return find(watching(std::move(to), index, wait), std::move(key));
}

// -- lists ---------------------------------------------------------------------------------------

asio::awaitable<raw_kv_list> client::find_below(call what, std::string prefix) {
  raw_kv_list answer;
  what.accepted = 404;
  if (const std::string why = unaddressable(prefix, true); !why.empty()) {
    fail(answer, consul_errc::bad_request, describe(what, config_), "not sent: " + why);
    co_return answer;
  }
  reply told = co_await perform(*services_, config_, what);
  take(told, answer);
  if (answer.error) co_return answer;
  if (answer.index == 0) {
    fail(answer, consul_errc::bad_answer, describe(what, config_),
         std::to_string(told.status) + not_consul);
  } else if (told.status == 200) {
    answer.body = std::move(told.body);
    if (answer.body.empty())
      fail(answer, consul_errc::bad_answer, describe(what, config_), "an empty answer");
  }
  co_return answer;
}

asio::awaitable<raw_kv_list> client::listing(std::string prefix, consistency how) {
  target to("/v1/kv/" + escaped_key(prefix), config_);
  to.with("recurse").with(how);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), in_time());
  return find_below(std::move(what), std::move(prefix));
}

asio::awaitable<raw_kv_list> client::watch_list(std::string prefix, std::uint64_t index,
                                               duration wait) {
  target to("/v1/kv/" + escaped_key(prefix), config_);
  to.with("recurse");
  return find_below(watching(std::move(to), index, wait), std::move(prefix));
}

void client::read(raw_kv_list& listing, kv_reader& reader) {
  if (listing.error || listing.body.empty()) return;
  listing.error = parser_->kv(listing.body, reader);
  if (listing.error) {
    listing.detail = "a list of keys from " + config_.address() + " that is not one";
  }
  listing.body.clear();
}

kv_list client::all_of(raw_kv_list told) {
  kv_list answer;
  static_cast<answer_base&>(answer) = told;
  if (answer.error || told.body.empty()) return answer;
  if (parser_->kv(told.body, answer.entries)) {
    answer.error = consul_errc::bad_answer;
    answer.detail = "a list of keys from " + config_.address() + " that is not one";
  }
  return answer;
}

asio::awaitable<kv_list> client::list(std::string prefix, consistency how) {
  raw_kv_list told = co_await listing(std::move(prefix), how);
  co_return all_of(std::move(told));
}

asio::awaitable<kv_list> client::watch_below(std::string prefix, std::uint64_t index,
                                               duration wait) {
  raw_kv_list told = co_await watch_list(std::move(prefix), index, wait);
  co_return all_of(std::move(told));
}

}  // namespace tenure::consul
