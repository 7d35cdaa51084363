// What the sessions of other holders say: each session is asked for once.
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

struct holder_session {
  duration span{0};  ///< as its name says it; 0: it is not tenure's
  duration lock_delay{0};
};

class span_cache {
 public:
  using listener = std::function<void(const std::optional<holder_session>&)>;

  /// `client` outlives it and its tasks.
  span_cache(std::shared_ptr<const runtime::environment> env, consul::client& client,
             spawn_function spawn);
  span_cache(const span_cache&) = delete;
  span_cache& operator=(const span_cache&) = delete;

  /// Calls `tell` with what that session says: at once if it is known, else when Consul has
  /// answered. With nothing if the session is gone or may not be read: ask again.
  void ask(const std::string& session, listener tell);

 private:
  struct entry {
    bool known = false;
    holder_session session;
    std::vector<listener> listeners;
  };
  boost::asio::awaitable<void> find(std::string session);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  std::map<std::string, entry> spans_;
};

}  // namespace tenure::impl
