// Whether a session of this process lives. When one dies, thousands of elections lose their keys in
// one answer and ask at once: one request answers all who ask before its answer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/spawn.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class session_inquiry {
 public:
  /// Nothing: that could not be found out in time.
  using listener = std::function<void(std::optional<bool> alive)>;

  /// `client` outlives it and its tasks.
  session_inquiry(std::shared_ptr<const runtime::environment> env, consul::client& client,
                  spawn_function spawn);
  session_inquiry(const session_inquiry&) = delete;
  session_inquiry& operator=(const session_inquiry&) = delete;

  /// Calls `tell` later, when Consul has answered, or after core::identify_within.
  void ask(const std::string& session, listener tell);

 private:
  boost::asio::awaitable<void> find_out(std::string session);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  std::map<std::string, std::vector<listener>> asked_;
};

}  // namespace tenure::impl
