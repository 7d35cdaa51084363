#include "consul/call.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>

#include "runtime/async_condition.hpp"
#include "text/ascii.hpp"
#include "text/base64.hpp"

namespace tenure::consul {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration first_pause = 50ms;  // between tries; doubles

runtime::http_request make_request(const call& what, const consul_config& config) {
  runtime::http_request request(what.method, what.to.text(), what.body);
  if (!what.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!config.token.empty()) request.headers.emplace_back("X-Consul-Token", config.token);
  if (!config.basic_auth.empty())
    request.headers.emplace_back("Authorization",
                                 "Basic " + text::base64_encode(config.basic_auth));
  return request;
}

std::uint64_t consul_index(const runtime::http_response& response) noexcept {
  const std::string_view text = response.header("X-Consul-Index");
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && end == text.data() + text.size() ? index : 0;
}

// What a round trip without an answer means, `sent` telling of all its tries.
error_code failure(error_code error, bool sent, effect what) noexcept {
  if (sent && what != effect::read) return consul_errc::outcome_unknown;
  if (error == consul_errc::timed_out || error == consul_errc::bad_answer) return error;
  return consul_errc::unreachable;
}

bool worth_retrying(error_code error) noexcept {
  return error && error != consul_errc::timed_out && error != consul_errc::bad_answer;
}

// What the network did, for people.
std::string network_text(const runtime::round_trip& trip) {
  // Consul up to 1.8 says nothing when a client address has too many connections.
  if (trip.sent && (trip.error == asio::error::eof || trip.error == asio::error::connection_reset))
    return "the connection was closed without an answer; has this host more connections to Consul "
           "than its limit (200 unless configured)?";
  return trip.error.message();
}

reply judged(runtime::round_trip trip, bool sent, time_point now, const call& what,
             const consul_config& config) {
  reply result;
  result.sent_at = trip.sent_at;
  result.received_at = now;
  if (trip.error) {
    result.error = failure(trip.error, sent, what.effect);
    result.detail = with_outcome(describe(what, config), network_text(trip));
    return result;
  }
  result.status = trip.response.status;
  result.index = consul_index(trip.response);
  result.body = std::move(trip.response.body);
  if (result.status == 200 || (what.accepted != 0 && result.status == what.accepted))
    return result;
  result.error = judge(result.status, result.body, what.effect);
  result.detail = with_outcome(describe(what, config),
                               std::to_string(result.status) + " " + result.body);
  return result;
}

}  // namespace

std::string describe(const call& what, const consul_config& config) {
  return what.method + " " + what.to.path() + " at " + config.address();
}

std::string with_outcome(std::string asked, std::string_view outcome) {
  constexpr std::size_t longest = 300;
  asked += ": ";
  for (const char c : outcome.substr(0, longest))
    asked += text::is_control(c) ? ' ' : c;
  if (outcome.size() > longest) asked += "...";
  while (asked.ends_with(' ')) asked.pop_back();
  return asked;
}

asio::awaitable<reply> perform(const runtime::environment& outside, const consul_config& config,
                               const call& what) {
  bool sent = false;
  const unsigned retries = what.effect == effect::write ? 0 : what.retries;
  const bool retry_stale = what.effect != effect::write;
  for (unsigned failed = 0;; ++failed) {
    runtime::http_request request = make_request(what, config);
    runtime::round_trip trip = co_await outside.transport->exchange(
        what.where, std::move(request), what.deadline, retry_stale);
    sent = sent || trip.sent;
    if (trip.error == asio::error::operation_aborted)
      throw boost::system::system_error(trip.error);
    const time_point now = outside.clock->now();
    time_point again = what.deadline;
    if (worth_retrying(trip.error) && failed < retries) {
      const duration pause = first_pause * (1U << failed) / 2;
      again = now + pause + outside.random->jitter(pause);
    }
    if (again >= what.deadline) co_return judged(std::move(trip), sent, now, what, config);
    co_await runtime::sleep_until(*outside.timers, again);
  }
}

}  // namespace tenure::consul
