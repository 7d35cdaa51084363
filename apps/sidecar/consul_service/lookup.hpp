// Finds the service of this instance at the local agent: by its id, or by the Nomad allocation.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/agent_services.hpp>
#include <utility>
#include <vector>

#include "sidecar/main/output_environment.hpp"

namespace tenure::sidecar {

class service_selector {
 public:
  std::string id;          ///< of the service; empty: by the allocation
  std::string allocation;  ///< Nomad's; empty where the id is given
  std::string name;        ///< selects one of the allocation's services, if it has several
};

class service_lookup {
 public:
  service_lookup(agent_services& agent, service_selector wanted,
                 std::shared_ptr<const output_environment> env)
      : agent_(agent), wanted_(std::move(wanted)), env_(std::move(env)) {}

  /// The id of the service; empty where the agent does not know it, or does not answer. Once it has
  /// found one of an allocation's services, only one of the same name can take its place: while
  /// Nomad deregisters them one by one, the labels must not move to the next one.
  boost::asio::awaitable<std::string> find();
  /// Why the last find() got no answer; empty where it got one.
  const std::string& error() const noexcept { return error_; }
  /// The last find() was refused: the token lacks a right.
  bool refused() const noexcept { return refused_; }
  /// "service web-1", "service of allocation 0a1b".
  std::string description() const;

 private:
  std::string choose(const std::vector<agent_service>& services);
  void warn(std::string_view event, const std::vector<agent_service>& services);
  void note_answer(const service_answer& answer);

  agent_services& agent_;
  const service_selector wanted_;
  std::shared_ptr<const output_environment> env_;
  std::string error_;
  bool refused_ = false;
  bool warned_ = false;
  std::string chosen_name_;  // of the service that was found; empty: none yet
};

}  // namespace tenure::sidecar
