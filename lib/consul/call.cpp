#include "consul/call.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/request_secrets.hpp>
#include <tenure/toolkit/utf8.hpp>

#include "consul/acl_rules.hpp"
#include "consul/index_limit.hpp"
#include "consul/token_file.hpp"
#include "consul/token_retry.hpp"
#include "core/util/invariant.hpp"
#include "runtime/metering.hpp"

namespace tenure::consul {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration first_pause = 50ms;  // between attempts; doubles
// Of one call. Most end by their deadline, which a source of ever new bad tokens does not reach.
constexpr unsigned most_refusals = 30;

runtime::http_request make_request(const call& what, const consul_config& config,
                                   const std::string& token) {
  runtime::http_request request(what.method, what.to.text(), what.body);
  if (!what.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!token.empty()) request.headers.emplace_back("X-Consul-Token", token);
  if (!config.basic_auth().empty())
    request.headers.emplace_back("Authorization",
                                 "Basic " + text::base64_encode(config.basic_auth()));
  return request;
}

std::uint64_t consul_index(const runtime::http_response& response) noexcept {
  const std::string_view text = response.header("X-Consul-Index");
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool valid = error == std::errc() && end == text.data() + text.size();
  return valid && index <= highest_index ? index : 0;
}

// What an exchange without a response means. `sent`: whether any attempt sent a byte.
error_code failure(error_code error, bool sent, effect what) noexcept {
  if (sent && what != effect::read) return consul_errc::outcome_unknown;
  if (error == consul_errc::timed_out || error == consul_errc::bad_answer ||
      error == consul_errc::tls_failed)
    return error;
  return consul_errc::unreachable;
}

bool worth_retrying(error_code error) noexcept {
  return error && error != consul_errc::timed_out && error != consul_errc::bad_answer &&
         error != consul_errc::tls_failed;
}

// The network's error, for people.
std::string network_text(const runtime::exchange_result& exchange) {
  if (!exchange.detail.empty()) return exchange.detail;
  // Consul up to 1.8 closes a connection without a response when its client has too many.
  // Over TLS it may close before the request can be sent.
  if (exchange.error == asio::error::broken_pipe ||
      (exchange.sent &&
       (exchange.error == asio::error::eof || exchange.error == asio::error::connection_reset)))
    return "the connection was closed without a response; has this host more connections to Consul "
           "than its limit (200 unless configured)?";
  return exchange.error.message();
}

// How Go's server answers a plain request on a port for TLS. It has read no request.
bool wants_tls(unsigned status, std::string_view body) noexcept {
  return status == 400 && body.find("HTTP request to an HTTPS server") != body.npos;
}

constexpr std::string_view wants_tls_text =
    "the server speaks TLS on this port: use https:// or CONSUL_HTTP_SSL=true";

metric counter_of(error_code error) noexcept {
  if (!error) return metric::requests_ok;
  if (error == consul_errc::unreachable) return metric::requests_unreachable;
  if (error == consul_errc::tls_failed) return metric::requests_tls_failed;
  if (error == consul_errc::timed_out) return metric::requests_timed_out;
  if (error == consul_errc::outcome_unknown) return metric::requests_unknown;
  if (error == consul_errc::throttled) return metric::requests_throttled;
  if (error == consul_errc::forbidden) return metric::requests_forbidden;
  if (error == consul_errc::no_leader) return metric::requests_no_leader;
  if (error == consul_errc::server_error) return metric::requests_server_error;
  return metric::requests_error;
}

bool accepts(const call& what, unsigned status, std::string_view body) noexcept {
  if (status == 200 || (what.accepted != 0 && status == what.accepted)) return true;
  // The same statuses without JSON mean that the agent, or a proxy, has no time.
  return what.status_is_health && (status == 429 || status == 503) && body.starts_with('{');
}

metric time_of(std::string_view path) noexcept {
  if (path.starts_with("/v1/kv/")) return metric::request_seconds_read;
  if (path == "/v1/txn") return metric::request_seconds_transaction;
  if (path.starts_with("/v1/session/")) return metric::request_seconds_session;
  if (path.starts_with("/v1/agent/")) return metric::request_seconds_agent;
  return metric::request_seconds_other;
}

// A blocking query takes as long as nothing changes.
void record_time(const runtime::environment& env, const call& what,
                 const runtime::exchange_result& exchange, time_point now) {
  if (exchange.error || what.where == runtime::lane::polls) return;
  runtime::record(env, time_of(what.to.path()), now - exchange.sent_at);
}

response judged(runtime::exchange_result exchange, bool sent, time_point now, const call& what,
                const consul_config& config, std::string token) {
  response result;
  result.token = std::move(token);
  result.sent_at = exchange.sent_at;
  result.received_at = now;
  if (exchange.error) {
    result.error = failure(exchange.error, sent, what.effect);
    result.detail = with_outcome(describe(what, config), network_text(exchange));
    return result;
  }
  result.status = exchange.response.status;
  result.index = consul_index(exchange.response);
  result.may_be_filtered = exchange.response.header("X-Consul-Default-ACL-Policy") != "allow";
  result.body = std::move(exchange.response.body);
  if (accepts(what, result.status, result.body)) return result;
  if (wants_tls(result.status, result.body)) {
    result.error = consul_errc::tls_failed;
    result.detail = with_outcome(describe(what, config), wants_tls_text);
    return result;
  }
  result.error = judge(result.status, result.body, what.effect);
  const text::request_secrets secrets = secrets_of(result, what, config);
  std::string outcome = std::to_string(result.status) + " " + shown(result.body, secrets);
  if (result.error == consul_errc::forbidden) {
    result.missing = missing_rule(what.to, result.body);
    if (result.missing) result.missing->name = shown(result.missing->name, secrets);
    outcome = refusal_text(result.missing, outcome);
  }
  result.detail = with_outcome(describe(what, config), outcome);
  return result;
}

// A source is free to return what it likes.
response not_sent(const runtime::environment& env, const call& what, const consul_config& config,
                  const std::string& why) {
  response result;
  result.sent_at = env.clock->now();
  result.error = consul_errc::bad_request;
  result.detail = with_outcome(describe(what, config), "not sent: the token " + why);
  return result;
}

}  // namespace

std::string describe(const call& what, const consul_config& config) {
  return what.method + " " + what.to.path() + " at " + config.address();
}

text::request_secrets secrets_of(const response& received, const call& what,
                                 const consul_config& config) {
  return {received.token, config.basic_auth(), what.body};
}

std::string shown(std::string_view says, const text::request_secrets& secrets) {
  constexpr std::size_t longest = 4096;
  return secrets.hidden(says, longest);
}

std::string shown(std::string_view says, const response& received, const call& what,
                  const consul_config& config) {
  return shown(says, secrets_of(received, what, config));
}

std::string with_outcome(std::string description, std::string_view outcome) {
  constexpr std::size_t longest = 300;
  std::string shown;
  for (std::string_view rest = outcome.substr(0, longest); !rest.empty();) {
    const std::size_t obeyed = text::obeyed_length(rest);
    shown += obeyed > 0 ? ' ' : rest.front();
    rest.remove_prefix(std::max<std::size_t>(obeyed, 1));
  }
  description += ": " + text::with_visible_bytes(shown);
  if (outcome.size() > longest) description += "...";
  while (description.ends_with(' ')) description.pop_back();
  return description;
}

asio::awaitable<response> perform(const runtime::environment& env, const consul_config& config,
                                  const call& what) {
  bool sent = false;
  unsigned refused = 0;
  const unsigned retries = what.effect == effect::write ? 0 : what.retries;
  const auto when_stale =
      what.effect == effect::write ? runtime::on_stale::fail : runtime::on_stale::resend;
  for (unsigned failed = 0;;) {
    const std::string token = config.token();
    const std::string bad = bad_secret(token);
    if (!bad.empty()) co_return not_sent(env, what, config, bad);
    runtime::http_request request = make_request(what, config, token);
    runtime::exchange_result exchange =
        co_await env.transport->exchange(what.where, std::move(request), what.deadline, when_stale);
    if (exchange.error == asio::error::operation_aborted)
      throw boost::system::system_error(exchange.error);
    const time_point now = env.clock->now();
    core::must(exchange.sent_at <= now, "an answer comes after its request",
               [&] { return describe(what, config); });
    record_time(env, what, exchange, now);
    const refusal why = exchange.error ? refusal::none : refusal_of(exchange.response);
    if (why != refusal::none && config.access().source() && refused < most_refusals) {
      ++refused;
      const bool again = co_await worth_another_attempt(env, config.access().source(), token, why,
                                                        what.deadline);
      if (again) {
        runtime::count(env, metric::request_retries);
        continue;  // it had no effect: `sent` stays as it was
      }
    }
    sent = sent || exchange.sent;
    time_point next_attempt = what.deadline;
    if (worth_retrying(exchange.error) && failed < retries) {
      const duration pause = first_pause * (1U << failed) / 2;
      next_attempt = now + pause + env.random->jitter(pause);
    }
    if (next_attempt >= what.deadline) {
      response result = judged(std::move(exchange), sent, now, what, config, token);
      runtime::count(env, counter_of(result.error));
      co_return result;
    }
    core::must(what.effect != effect::write, "a write is sent once",
               [&] { return describe(what, config); });
    ++failed;
    runtime::count(env, metric::request_retries);
    co_await runtime::sleep_until(*env.timers, next_attempt);
  }
}

}  // namespace tenure::consul
