#include <tenure/testing/process.hpp>
#include <utility>

#include "testing/world_state.hpp"

namespace tenure::testing {
namespace {

elections_options recorded(const world_state& world, const std::string& name,
                           elections_options options) {
  options.log(recorded_log(world.record, name, options.log()));
  return options;
}

}  // namespace

process::state::state(world_state& in, std::string called, elections_options options,
                      consul_config config)
    : world(in),
      name(std::move(called)),
      simulated(in.runtime, in.runtime.add_loop(), in.agent,
                recorded(in, name, std::move(options)), std::move(config)),
      network(*simulated.transport, in.agent) {}

process::process(std::unique_ptr<state> all) noexcept : state_(std::move(all)) {}
process::~process() = default;

tenure::elections& process::elections() noexcept { return *state_->simulated.elections; }

boost::asio::any_io_executor process::get_executor() const {
  return state_->simulated.loop.executor();
}

std::shared_ptr<task_state> process::start(boost::asio::awaitable<void> coroutine) {
  return state_->world.start(state_->simulated.loop, state_->name, std::move(coroutine));
}

void process::cut_off() { state_->network.cut_off(); }
void process::lose_answers() { state_->network.lose_answers(); }
void process::lose_watch_answers() { state_->network.lose_watch_answers(); }
void process::reconnect() { state_->network.reconnect(); }
void process::lose_next_write_answer() { state_->network.lose_next_write_answer(); }
void process::refuse_writes() { state_->network.refuse_writes(); }
void process::allow_writes() { state_->network.allow_writes(); }
void process::pause() { state_->simulated.loop.pause(); }
void process::resume() { state_->simulated.loop.resume(); }

void process::crash() {
  state_->network.unplug();
  state_->simulated.loop.pause();
}

}  // namespace tenure::testing
