// The handler with a clock that the test moves.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <memory>
#include <string>

#include "agent/handler.hpp"

namespace tenure::agent {

class handler_fixture final : public answer_sink {
 public:
  explicit handler_fixture(handler_options options = {}, std::uint64_t seed = 1)
      : random_(runtime::seeded_random(seed)), handler(options, *random_, *this, now) {}

  void answered(request_id id, runtime::http_response response) override {
    REQUIRE(answers.emplace(id, std::move(response)).second);  // only once
  }

  request_id send(std::string method, std::string target, std::string body = {}) {
    handler.handle(runtime::http_request(std::move(method), std::move(target), std::move(body)),
                   now, ++last);
    return last;
  }
  runtime::http_response ask(std::string method, std::string target, std::string body = {}) {
    const request_id id = send(std::move(method), std::move(target), std::move(body));
    REQUIRE(answers.contains(id));
    return answers.at(id);
  }
  std::string session(std::string body = R"({"LockDelay":0})") {
    return ask("PUT", "/v1/session/create", std::move(body)).body.substr(7, 36);
  }
  bool acquire(const std::string& key, const std::string& id) {
    return ask("PUT", "/v1/kv/" + key + "?acquire=" + id, "v").body == "true";
  }
  std::uint64_t index_of(const std::string& target) {
    return std::stoull(std::string(ask("GET", target).header("X-Consul-Index")));
  }
  /// Sends a blocking query.
  request_id park(const std::string& target, std::uint64_t after, std::string wait = "60s") {
    const char joint = target.find('?') == std::string::npos ? '?' : '&';
    return send("GET", target + joint + "index=" + std::to_string(after) + "&wait=" + wait);
  }
  bool has_answer(request_id id) const { return answers.contains(id); }

  /// Moves the clock and ticks the handler at its deadlines, as its owner does.
  void pass(duration d) {
    const time_point until = now + d;
    while (handler.next_deadline() <= until) {
      now = std::max(now, handler.next_deadline());
      handler.tick(now);
    }
    now = until;
  }

  time_point now{std::chrono::hours(1)};
  std::map<request_id, runtime::http_response> answers;
  request_id last = 0;

 private:
  std::unique_ptr<runtime::random_source> random_;

 public:
  agent::handler handler;
};

}  // namespace tenure::agent
