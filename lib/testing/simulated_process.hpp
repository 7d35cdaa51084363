// A process with elections on the in-process agent.
#pragma once

#include <memory>
#include <optional>
#include <tenure/elections.hpp>

#include "election/engine.hpp"
#include "testing/handler_transport.hpp"
#include "testing/in_process_agent.hpp"
#include "testing/manual_runtime.hpp"

namespace tenure::testing {

/// Its loop, its transport, and the elections that use them.
class simulated_process {
 public:
  simulated_process(manual_runtime& runtime, manual_loop& loop, in_process_agent& server,
                    elections_options options, consul_config config);

  manual_loop& loop;
  std::shared_ptr<handler_transport> transport;
  std::shared_ptr<impl::engine> engine;
  std::optional<tenure::elections> elections;
};

}  // namespace tenure::testing
