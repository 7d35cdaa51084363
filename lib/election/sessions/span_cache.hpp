// The spans of other holders, as their sessions' names say them: each session is asked for once.
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

class span_cache {
 public:
  using listener = std::function<void(std::optional<duration> span)>;

  /// `client` outlives it and its tasks.
  span_cache(std::shared_ptr<const runtime::environment> env, consul::client& client,
             spawn_function spawn);
  span_cache(const span_cache&) = delete;
  span_cache& operator=(const span_cache&) = delete;

  /// Calls `tell` with the span of that session: at once if it is known, else when Consul has
  /// answered. Without a span if the session is gone or may not be read: ask again.
  void ask(const std::string& session, listener tell);

 private:
  struct entry {
    bool known = false;
    duration span{0};
    std::vector<listener> listeners;
  };
  boost::asio::awaitable<void> find(std::string session);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  std::map<std::string, entry> spans_;
};

}  // namespace tenure::impl
