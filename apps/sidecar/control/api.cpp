#include "sidecar/control/api.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <optional>
#include <tenure/toolkit/http_service.hpp>
#include <tenure/toolkit/json_writer.hpp>
#include <utility>

#include "sidecar/control/cancel_timer.hpp"
#include "sidecar/hooks/scheduler.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t most_guarantee_ms = 86'400'000;
/// How long settings are written. The tools wait a little longer.
constexpr duration write_timeout = std::chrono::seconds(12);

/// Thrown to answer a request with an error.
class refusal {
 public:
  refusal(unsigned status, std::string text) : status(status), text(std::move(text)) {}
  unsigned status;
  std::string text;
};

runtime::http_response json_response(unsigned status, std::string body) {
  runtime::http_response response(status, std::move(body));
  response.headers.emplace_back("Content-Type", "application/json");
  return response;
}

runtime::http_response error_response(unsigned status, const std::string& text) {
  text::json_writer json;
  json.begin_object().key("error").value(text).end_object();
  return json_response(status, json.take());
}

std::optional<std::uint64_t> number_param(const request& what, const char* name) {
  const auto text = what.query_param(name);
  if (!text) return std::nullopt;
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), n);
  if (error != std::errc() || end != text->data() + text->size())
    throw refusal(400, std::string(name) + ": '" + std::string(*text) + "' is not a valid number");
  return n;
}

/// The server leaves out a body above its limit.
void refuse_missing_body(const request& what) {
  if (!what.has_body() || !what.body().empty()) return;
  const auto size = what.header("Content-Length");
  const std::string limit = std::to_string(wire::http_server_options().body_limit);
  throw refusal(413, "the body " + (size ? "of " + *size + " bytes " : std::string()) +
                         "is larger than " + limit + " bytes: set less at a time");
}

/// Whether a hook asks that runs because this process does not lead, or is not sure to. It stays a
/// follower for the whole run, also if this process wins the election meanwhile.
bool is_follower_hook(const request& what) {
  const auto name = what.query_param("hook");
  return name == to_string(hook::leader_deposed) ||
         name == to_string(hook::leader_settings_changed);
}

unsigned status_of(const error_code& why) {
  if (why == errc::not_leading) return 409;
  if (why == errc::bad_argument) return 400;
  return 503;
}

std::string text_of(const boost::system::system_error& e) {
  if (e.code() == errc::not_leading) return "not the leader";
  std::string text = e.what();
  text.resize(std::min(text.rfind(" ["), text.size()));
  const std::string message = ": " + e.code().message();  // the detail may end with it already
  if (text.ends_with(message + message)) text.resize(text.size() - message.size());
  return text;
}

}  // namespace

asio::awaitable<runtime::http_response> control_api::serve(request what) {
  runtime::http_response response;
  try {
    runtime::http_response made = co_await route(std::move(what));
    response = std::move(made);
  } catch (const refusal& r) {
    response = error_response(r.status, r.text);
  } catch (const boost::system::system_error& e) {
    response = error_response(status_of(e.code()), text_of(e));
  }
  co_return response;
}

asio::awaitable<runtime::http_response> control_api::route(request what) {
  const bool get = what.method() == "GET";
  if (what.path() == "/v1/elections" && get) co_return list();
  if (what.path() == "/v1/is-leader" && get) {
    runtime::http_response response = co_await is_leader(std::move(what));
    co_return response;
  }
  if (what.path() == "/v1/settings" && get) {
    runtime::http_response response = co_await read_settings(std::move(what));
    co_return response;
  }
  if (what.path() == "/v1/settings" && what.method() == "PUT") {
    runtime::http_response response = co_await write_settings(std::move(what));
    co_return response;
  }
  throw refusal(what.path().starts_with("/v1/") ? 405 : 404, "there is no such request");
}

std::shared_ptr<control_election> control_api::election_of(const request& what) const {
  const auto name = what.query_param("election");
  if (!name && elections_.size() == 1) return elections_.begin()->second;
  std::string names;
  for (const auto& [each, election] : elections_) names += (names.empty() ? "" : ", ") + each;
  if (!name)
    throw refusal(400, "which election? TENURE_ELECTION or --election names one of " + names);
  const auto found = elections_.find(*name);
  if (found == elections_.end())
    throw refusal(404, "there is no election '" + std::string(*name) + "', only " + names);
  return found->second;
}

leader_settings& control_api::settings_of(control_election& which) {
  const std::string& name = which.election().name();
  const auto configured = context_.settings_keys.find(name);
  const std::string key = configured != context_.settings_keys.end()
                              ? configured->second
                              : leader_settings::key_for(which.election().handle().key());
  const auto found = settings_.find(key);
  if (found != settings_.end()) return found->second;
  return settings_.emplace(key, context_.elections.settings_in(key)).first->second;
}

runtime::http_response control_api::list() const {
  text::json_writer json;
  json.begin_object().key("elections").begin_array();
  for (const auto& [name, election] : elections_) json.value(name);
  json.end_array().end_object();
  return json_response(200, json.take());
}

asio::awaitable<runtime::http_response> control_api::is_leader(request what) {
  const auto which = election_of(what);
  const auto wanted = number_param(what, "guarantee_ms");
  if (wanted && *wanted > most_guarantee_ms)
    throw refusal(422, "guarantee_ms: at most 24 hours can be promised");
  const duration ahead =
      wanted ? duration(std::chrono::milliseconds(*wanted)) : which->default_ahead();
  if (const std::string error = which->guarantee_error(ahead); !error.empty())
    throw refusal(422, error);
  bool leader = false;
  if (!is_follower_hook(what)) {
    const bool leads = co_await which->is_leader(ahead);
    leader = leads;
  }
  text::json_writer json;
  json.begin_object().key("leader").value(leader).end_object();
  co_return json_response(200, json.take());
}

asio::awaitable<runtime::http_response> control_api::read_settings(request what) {
  const auto which = election_of(what);
  settings_snapshot now;
  if (const auto index = number_param(what, "snapshot")) {
    const auto kept = context_.snapshots.find(which->election().name(), *index);
    if (!kept)
      throw refusal(404, "snapshot " + std::to_string(*index) +
                             " has expired, as no hook uses it: unset TENURE_SNAPSHOT to read the "
                             "current settings");
    now = *kept;
  } else {
    settings_snapshot fresh = co_await settings_of(*which).get();
    now = std::move(fresh);
  }
  text::json_writer json;
  json.begin_object().key("index").value(now.index);
  json.key("values").raw(now.text()).end_object();
  co_return json_response(200, json.take());
}

// Consul may carry out later what is cancelled.
asio::awaitable<void> control_api::store(leader_settings& where, term by,
                                         leader_settings::changes changes) {
  asio::cancellation_signal timeout;
  runtime::timers& timers = *context_.environment()->timers;
  const cancel_timer limit(timers, timeout, timers.now() + write_timeout);
  auto executor = co_await asio::this_coro::executor;
  auto setting = where.set(std::move(by), std::move(changes));
  try {
    co_await asio::co_spawn(executor, std::move(setting),
                            asio::bind_cancellation_slot(timeout.slot(), asio::use_awaitable));
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) throw;
    throw refusal(503, "Consul did not answer in time: it is not known whether the settings are "
                       "stored");
  }
}

asio::awaitable<runtime::http_response> control_api::write_settings(request what) {
  const auto which = election_of(what);
  refuse_missing_body(what);
  auto parsed = settings_snapshot::parse(what.body());
  if (!parsed) throw refusal(400, "the body must be a JSON object of strings, in UTF-8");
  const leader_settings::changes changes = std::move(parsed->values);
  const auto snapshot = number_param(what, "snapshot");
  const term by = which->election().handle().current();
  co_await store(settings_of(*which), by, changes);
  if (snapshot) context_.snapshots.merge(which->election().name(), *snapshot, changes);
  co_return json_response(200, "{}");
}

}  // namespace tenure::sidecar
