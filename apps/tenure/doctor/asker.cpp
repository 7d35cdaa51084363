#include "tenure/doctor/asker.hpp"

#include <simdjson.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/percent.hpp>
#include <tenure/toolkit/request_secrets.hpp>
#include <utility>

namespace tenure::doctor {

namespace asio = boost::asio;

std::string reply::text() const {
  if (error) return error.message();
  std::string line = std::to_string(response.status);
  if (!says.empty()) line += ' ' + says;
  return line;
}

asker::asker(const consul_config& config, time_point end)
    : config_(config),
      end_(end),
      most_((end - boot_clock::now()) / 3),
      timers_(runtime::system_timers(io_.get_executor())),
      client_(io_.get_executor(), timers_, config_) {}

duration asker::time_left() const { return std::max(duration{0}, end_ - boot_clock::now()); }

std::string asker::kv_path(const std::string& key, std::string_view query) {
  return "/v1/kv/" + text::percent_encode(key, "/") + '?' + std::string(query);
}

// The datacenter, namespace and partition that the requests of all programs name.
std::string asker::with_place(const std::string& path) const {
  std::string all = path;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    all += (all.find('?') == all.npos ? '?' : '&');
    all += std::string(name) + '=' + text::percent_encode(value);
  };
  const consul_access& access = config_.access();
  add("dc", access.datacenter());
  add("ns", access.name_space());
  add("partition", access.partition());
  return all;
}

reply asker::send(std::string method, const std::string& path, std::string body) {
  reply result;
  const time_point begin = boot_clock::now();
  if (begin >= end_) {
    result.error = consul_errc::timed_out;
    return result;
  }
  runtime::http_request request(std::move(method), with_place(path), std::move(body));
  const std::string token = config_.token();
  const text::request_secrets secrets(token, config_.basic_auth(), request.body);
  if (!token.empty()) request.headers.emplace_back("X-Consul-Token", token);
  if (!config_.basic_auth().empty()) {
    request.headers.emplace_back("Authorization",
                                 "Basic " + text::base64_encode(config_.basic_auth()));
  }
  bool done = false;
  std::exception_ptr failed;
  asio::co_spawn(io_, client_.send(std::move(request), std::min(end_, begin + most_)),
                 [&](std::exception_ptr e, toolkit::http_result got) {
                   failed = e;
                   result.error = got.error;
                   result.response = std::move(got.response);
                   done = true;
                 });
  // Not run(): a kept connection has work for ever. Without one, the request before left a context
  // that has stopped.
  io_.restart();
  while (!done) io_.run_one();
  if (failed) std::rethrow_exception(failed);
  constexpr std::size_t most = 120;
  result.says = secrets.hidden(result.response.body, most);
  result.says.resize(result.says.find_last_not_of(" \r\n") + 1);
  result.took = boot_clock::now() - begin;
  result.at = std::chrono::system_clock::now();
  return result;
}

std::vector<stored_key> asker::keys_in(reply& from) {
  std::vector<stored_key> keys;
  if (!from.has(200)) return keys;
  simdjson::dom::parser parser;
  simdjson::dom::array all;
  if (parser.parse(from.response.body).get(all) != simdjson::SUCCESS) return keys;
  for (const simdjson::dom::element one : all) {
    stored_key entry;
    std::string_view text;
    if (one["Key"].get(text) != simdjson::SUCCESS) continue;
    entry.key = text;
    if (one["Value"].get(text) == simdjson::SUCCESS)
      entry.value = text::base64_decode(text).value_or("");
    if (one["Session"].get(text) == simdjson::SUCCESS) entry.session = text;
    if (one["Flags"].get(entry.flags) != simdjson::SUCCESS) entry.flags = 0;
    if (one["ModifyIndex"].get(entry.modify_index) != simdjson::SUCCESS) entry.modify_index = 0;
    if (one["LockIndex"].get(entry.lock_index) != simdjson::SUCCESS) entry.lock_index = 0;
    keys.push_back(std::move(entry));
  }
  return keys;
}

std::vector<std::string> asker::names_in(const reply& from) {
  std::vector<std::string> names;
  if (!from.has(200)) return names;
  simdjson::dom::parser parser;
  simdjson::dom::array all;
  if (parser.parse(from.response.body).get(all) != simdjson::SUCCESS) return names;
  for (const simdjson::dom::element one : all) {
    std::string_view name;
    if (one.get(name) == simdjson::SUCCESS) names.emplace_back(name);
  }
  return names;
}

}  // namespace tenure::doctor
