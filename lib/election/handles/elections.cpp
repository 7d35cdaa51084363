// The library's door. Nothing is decided here.
#include <boost/system/system_error.hpp>
#include <tenure/elections.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/watching/leader_observer.hpp"
#include "election/handles/make_engine.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> leave_with(std::shared_ptr<impl::engine> engine,
                                 std::shared_ptr<impl::participant> participant) {
  if (participant) co_await engine->leave(participant);
}

}  // namespace

// -- election ------------------------------------------------------------------------------------

election::election(std::shared_ptr<impl::engine> engine,
                   std::shared_ptr<impl::participant> participant) noexcept
    : engine_(std::move(engine)), participant_(std::move(participant)) {}
election::election(election&&) noexcept = default;

election& election::operator=(election&& other) noexcept {
  if (this != &other) {
    if (participant_) engine_->leave_in_background(std::move(participant_));
    engine_ = std::move(other.engine_);
    participant_ = std::move(other.participant_);
  }
  return *this;
}

election::~election() {
  if (participant_) engine_->leave_in_background(std::move(participant_));
}

const std::string& election::key() const noexcept { return participant_->key(); }
asio::awaitable<term> election::campaign() {
  return runtime::keep_alive(participant_->campaign(), participant_);
}
asio::awaitable<end_reason> election::lead_with(
    std::function<asio::awaitable<void>(term)> body) {
  return runtime::keep_alive(participant_->lead(std::move(body)), participant_);
}
void election::stand() { participant_->stand(true); }
void election::withdraw() { participant_->stand(false); }
void election::set_healthy(bool healthy) { participant_->set_healthy(healthy); }
term election::current() const noexcept { return participant_->current(); }
standing election::standing() const noexcept { return participant_->standing(); }
std::string election::session() const { return participant_->session(); }
std::optional<leader> election::last_seen() const { return participant_->last_seen(); }
error_code election::last_error() const noexcept { return participant_->last_error(); }

asio::awaitable<void> election::leave() {
  return leave_with(std::move(engine_), std::move(participant_));
}

// -- observer ------------------------------------------------------------------------------------

observer::observer(std::shared_ptr<impl::leader_observer> state) noexcept : state_(std::move(state)) {}
observer::observer(observer&&) noexcept = default;
observer& observer::operator=(observer&&) noexcept = default;
observer::~observer() = default;
asio::awaitable<leader> observer::next() {
  return runtime::keep_alive(state_->next(state_), state_);
}
error_code observer::last_error() const noexcept { return state_->last_error(); }

// -- settings ------------------------------------------------------------------------------------

leader_settings::leader_settings(std::shared_ptr<impl::leader_settings_store> store) noexcept
    : store_(std::move(store)) {}
leader_settings::leader_settings(leader_settings&&) noexcept = default;
leader_settings& leader_settings::operator=(leader_settings&&) noexcept = default;
leader_settings::~leader_settings() = default;
const std::string& leader_settings::key() const noexcept { return store_->key(); }
asio::awaitable<settings_snapshot> leader_settings::get() {
  return runtime::keep_alive(store_->get(), store_);
}
asio::awaitable<settings_snapshot> leader_settings::next() {
  return runtime::keep_alive(store_->next(), store_);
}
asio::awaitable<void> leader_settings::set(term by, changes changes) {
  return runtime::keep_alive(store_->set(std::move(by), std::move(changes)), store_);
}
error_code leader_settings::last_error() const noexcept { return store_->last_error(); }

// -- semaphore -----------------------------------------------------------------------------------

semaphore::semaphore(std::shared_ptr<impl::slot_candidate> slot_candidate) noexcept
    : contender_(std::move(slot_candidate)) {}
semaphore::semaphore(semaphore&&) noexcept = default;

semaphore& semaphore::operator=(semaphore&& other) noexcept {
  if (this != &other) {
    if (contender_) contender_->stop(end_reason::resigned, true);
    contender_ = std::move(other.contender_);
  }
  return *this;
}

semaphore::~semaphore() {
  if (contender_) contender_->stop(end_reason::resigned, true);
}

const std::string& semaphore::prefix() const noexcept { return contender_->prefix(); }
std::size_t semaphore::slots() const noexcept { return contender_->limit(); }
asio::awaitable<term> semaphore::acquire() {
  return runtime::keep_alive(contender_->acquire(), contender_);
}
asio::awaitable<end_reason> semaphore::hold_with(std::function<asio::awaitable<void>(term)> body) {
  return runtime::keep_alive(contender_->hold(std::move(body)), contender_);
}
term semaphore::current() const noexcept { return contender_->current(); }
tenure::standing semaphore::standing() const noexcept { return contender_->standing(); }
std::size_t semaphore::occupied() const noexcept { return contender_->occupied(); }
error_code semaphore::last_error() const noexcept { return contender_->last_error(); }
asio::awaitable<void> semaphore::leave() {
  const std::shared_ptr<impl::slot_candidate> leaving = std::move(contender_);
  return runtime::keep_alive(leaving->leave(), leaving);
}

// -- elections -----------------------------------------------------------------------------------

elections::elections(asio::any_io_executor executor, consul_config config,
                     elections_options options)
    : engine_(impl::make_engine(std::move(executor), std::move(config), std::move(options))) {}
elections::elections(std::shared_ptr<impl::engine> engine) noexcept : engine_(std::move(engine)) {}
elections::elections(elections&&) noexcept = default;

elections& elections::operator=(elections&& other) noexcept {
  if (this != &other) {
    if (engine_) engine_->shut_down_in_background();
    engine_ = std::move(other.engine_);
  }
  return *this;
}

elections::~elections() {
  if (engine_) engine_->shut_down_in_background();
}

election elections::enter(std::string key, candidacy how) {
  return election(engine_, engine_->enter(std::move(key), std::move(how)));
}
asio::awaitable<leader> elections::leader_of(std::string key) {
  return runtime::keep_alive(engine_->leader_of(std::move(key)), engine_);
}
asio::awaitable<std::vector<leader>> elections::leaders(std::string prefix) {
  return runtime::keep_alive(engine_->leaders(std::move(prefix)), engine_);
}
asio::awaitable<leader> elections::depose(std::string key) {
  return runtime::keep_alive(engine_->depose(std::move(key)), engine_);
}
observer elections::observe(std::string key) { return observer(engine_->observe(std::move(key))); }
leader_settings elections::settings_in(std::string key) {
  return leader_settings(engine_->settings_in(std::move(key)));
}
semaphore elections::contend(std::string prefix, std::size_t slots, candidacy how) {
  return semaphore(engine_->contend(std::move(prefix), slots, std::move(how)));
}
asio::awaitable<event> elections::next_event() {
  return runtime::keep_alive(engine_->next_event(), engine_);
}
asio::awaitable<void> elections::ping() { return runtime::keep_alive(engine_->ping(), engine_); }
asio::awaitable<void> elections::shut_down() {
  return runtime::keep_alive(engine_->shut_down(), engine_);
}

}  // namespace tenure
