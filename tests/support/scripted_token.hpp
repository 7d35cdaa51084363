// A token that a test replaces, and the requests that carry it.
#pragma once

#include <functional>
#include <string>
#include <tenure/token_source.hpp>
#include <tenure/toolkit/http_message.hpp>
#include <utility>
#include <vector>

namespace tenure::test {

class scripted_token final : public token_source {
 public:
  explicit scripted_token(std::string first) : now(std::move(first)) {}
  std::string token() override { return now; }
  bool refused(const std::string& token, token_refusal) override {
    refusals.push_back(token);
    if (on_refused) on_refused();
    return may_come;
  }

  std::string now;
  bool may_come = false;
  std::vector<std::string> refusals;
  std::function<void()> on_refused;
};

inline std::string token_in(const runtime::http_request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Consul-Token") return value;
  }
  return {};
}

}  // namespace tenure::test
