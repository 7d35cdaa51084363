// The services of the local Consul agent: find, read and watch them, register and deregister them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure {

class metrics_sink;

namespace impl {
class access;
}
namespace runtime {
class environment;
}

/// A service as its agent describes it. To change a registered service, read it, change these
/// fields and register the result: all that the agent returned goes back, also fields that this
/// version of the library does not know.
class agent_service {
 public:
  /// Names and their texts, in the order of the agent.
  using named_texts = std::vector<std::pair<std::string, std::string>>;

  agent_service() = default;
  /// A service that is not registered yet.
  agent_service(std::string id, std::string name) : id(std::move(id)), name(std::move(name)) {}

  /// The body of `agent/service/register` for this service, without the fields that are `refused`:
  /// an agent may refuse fields that it returns.
  [[nodiscard]] std::string registration(const std::set<std::string>& refused = {}) const;

  std::string id;                 ///< unique at its agent
  std::string name;               ///< by which clients find the service; several may have it
  std::string kind;               ///< empty for a plain service
  std::string hash;               ///< ContentHash: names this state of the service
  bool tags_overridable = false;  ///< EnableTagOverride: the catalog may change the tags
  std::vector<std::string> tags;  ///< in the order of the agent
  named_texts meta;               ///< the metadata
  named_texts others;             ///< name and JSON of all other fields, in the agent's order
};

/// What all answers have. With an error the rest is empty; `detail` is then one line for a log or a
/// terminal: the request, the address it went to, and the outcome.
class service_answer {
 public:
  error_code error;    ///< of consul_errc; none: the rest is valid
  std::string detail;  ///< empty without an error
};
/// All services of an agent.
class service_list : public service_answer {
 public:
  std::vector<agent_service> services;  ///< sorted by id
};
/// One service.
class service_result : public service_answer {
 public:
  std::optional<agent_service> service;  ///< nothing: the agent knows no such service
};
/// What the checks of a service and those of its node say.
class service_health : public service_answer {
 public:
  /// What they say together, as the agent sums it up.
  enum class state { missing, passing, warning, critical, maintenance };

  /// `missing`: the agent knows no such service, or there is an error.
  state now = state::missing;
  std::vector<std::string> failing;  ///< the names of the checks that are critical
};
/// The outcome of a registration.
class service_written : public service_answer {
 public:
  /// The field of the body that made the agent refuse it as unknown; empty otherwise.
  std::string unknown_field;
};

/// The services of the agent that `config` names. Operations return their errors, of consul_errc;
/// only cancellation (terminal) is thrown, as system_error(operation_aborted). One thread: the
/// executor's. Must outlive its operations. They have the configured connections to themselves: an
/// elections object has its own.
///
/// A read that fails before its response, and a registration, is sent again within its deadline, at
/// most three times: that does no harm.
class agent_services {
 public:
  /// Connects when the first operation needs it. Throws bad_configuration for a token that cannot
  /// be sent. `metrics` gets the requests' outcomes and times; null: none does.
  agent_services(boost::asio::any_io_executor executor, consul_config config,
                 std::shared_ptr<metrics_sink> metrics = nullptr);
  ~agent_services();

  const consul_config& config() const noexcept { return config_; }  ///< as given

  /// GET agent/services. `filter` is an expression in Consul's language, such as
  /// `Service == "web"`; empty: all services.
  [[nodiscard]] boost::asio::awaitable<service_list> find(std::string filter);
  /// GET agent/service/ID.
  [[nodiscard]] boost::asio::awaitable<service_result> read(std::string id);
  /// The same as a blocking query: answers when the service's hash is no longer `hash`, or after
  /// `wait`. Some agents answer at once, so pause between calls; the embedded agent answers with an
  /// error.
  [[nodiscard]] boost::asio::awaitable<service_result> watch(std::string id, std::string hash,
                                                              duration wait);
  /// GET agent/health/service/id/ID. Needs service:read alone, for the checks of the node as well.
  [[nodiscard]] boost::asio::awaitable<service_health> health(std::string id);
  /// PUT agent/service/register, by `deadline`: creates the service or replaces it. `body` is JSON,
  /// as agent_service::registration() makes it; without checks it leaves the service's checks as
  /// they are. The agent keeps the token and reports the service and its checks to the servers with
  /// it: register the service again when the token has changed.
  [[nodiscard]] boost::asio::awaitable<service_written> register_service(std::string body,
                                                                          time_point deadline);
  /// PUT agent/service/deregister/ID, by `deadline`. A service that the agent does not know is no
  /// error.
  [[nodiscard]] boost::asio::awaitable<service_answer> deregister(std::string id,
                                                                   time_point deadline);

 private:
  friend class impl::access;
  agent_services(std::shared_ptr<const runtime::environment> env, consul_config config) noexcept;
  time_point default_deadline() const;

  std::shared_ptr<const runtime::environment> env_;
  consul_config config_;
};

}  // namespace tenure
