// The library's door. Nothing is decided here.
#include <boost/system/system_error.hpp>
#include <tenure/elections.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/machine.hpp"
#include "runtime/keeping.hpp"

namespace tenure {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> leave_with(std::shared_ptr<impl::engine> engine,
                                 std::shared_ptr<impl::record> record) {
  if (record) co_await engine->leave(record);
}

}  // namespace

// -- election ------------------------------------------------------------------------------------

election::election(std::shared_ptr<impl::engine> engine,
                   std::shared_ptr<impl::record> record) noexcept
    : engine_(std::move(engine)), record_(std::move(record)) {}
election::election(election&&) noexcept = default;

election& election::operator=(election&& other) noexcept {
  if (this != &other) {
    if (record_) engine_->leave_in_background(std::move(record_));
    engine_ = std::move(other.engine_);
    record_ = std::move(other.record_);
  }
  return *this;
}

election::~election() {
  if (record_) engine_->leave_in_background(std::move(record_));
}

const std::string& election::key() const noexcept { return record_->key(); }
asio::awaitable<term> election::campaign() {
  return runtime::keeping(record_->campaign(), record_);
}
asio::awaitable<end_reason> election::lead_with(
    std::function<asio::awaitable<void>(term)> body) {
  return runtime::keeping(record_->lead(std::move(body)), record_);
}
void election::stand() { record_->stand(true); }
void election::withdraw() { record_->stand(false); }
void election::set_healthy(bool healthy) { record_->set_healthy(healthy); }
term election::current() const noexcept { return record_->current(); }
standing election::standing() const noexcept { return record_->standing(); }
std::string election::session() const { return record_->session(); }
std::optional<leader> election::last_seen() const { return record_->last_seen(); }
error_code election::last_error() const noexcept { return record_->last_error(); }

asio::awaitable<void> election::leave() {
  return leave_with(std::move(engine_), std::move(record_));
}

// -- observer ------------------------------------------------------------------------------------

observer::observer(std::shared_ptr<impl::observation> state) noexcept : state_(std::move(state)) {}
observer::observer(observer&&) noexcept = default;
observer& observer::operator=(observer&&) noexcept = default;
observer::~observer() = default;
asio::awaitable<leader> observer::next() {
  return runtime::keeping(state_->next(state_), state_);
}
error_code observer::last_error() const noexcept { return state_->last_error(); }

// -- settings ------------------------------------------------------------------------------------

settings::settings(std::shared_ptr<impl::settings_bucket> bucket) noexcept
    : bucket_(std::move(bucket)) {}
settings::settings(settings&&) noexcept = default;
settings& settings::operator=(settings&&) noexcept = default;
settings::~settings() = default;
const std::string& settings::key() const noexcept { return bucket_->key(); }
asio::awaitable<settings_snapshot> settings::get() {
  return runtime::keeping(bucket_->get(), bucket_);
}
asio::awaitable<settings_snapshot> settings::next() {
  return runtime::keeping(bucket_->next(), bucket_);
}
asio::awaitable<void> settings::set(term by, group changes) {
  return runtime::keeping(bucket_->set(std::move(by), std::move(changes)), bucket_);
}
error_code settings::last_error() const noexcept { return bucket_->last_error(); }

// -- semaphore -----------------------------------------------------------------------------------

semaphore::semaphore(std::shared_ptr<impl::contender> contender) noexcept
    : contender_(std::move(contender)) {}
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
  return runtime::keeping(contender_->acquire(), contender_);
}
asio::awaitable<end_reason> semaphore::hold_with(std::function<asio::awaitable<void>(term)> body) {
  return runtime::keeping(contender_->hold(std::move(body)), contender_);
}
term semaphore::current() const noexcept { return contender_->current(); }
tenure::standing semaphore::standing() const noexcept { return contender_->standing(); }
std::size_t semaphore::occupied() const noexcept { return contender_->occupied(); }
error_code semaphore::last_error() const noexcept { return contender_->last_error(); }
asio::awaitable<void> semaphore::leave() {
  const std::shared_ptr<impl::contender> leaving = std::move(contender_);
  return runtime::keeping(leaving->leave(), leaving);
}

// -- elections -----------------------------------------------------------------------------------

elections::elections(asio::any_io_executor executor, consul_config config,
                     elections_options options)
    : engine_(impl::machine_engine(std::move(executor), std::move(config), std::move(options))) {}
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
  return runtime::keeping(engine_->leader_of(std::move(key)), engine_);
}
asio::awaitable<std::vector<leader>> elections::leaders(std::string prefix) {
  return runtime::keeping(engine_->leaders(std::move(prefix)), engine_);
}
asio::awaitable<leader> elections::depose(std::string key) {
  return runtime::keeping(engine_->depose(std::move(key)), engine_);
}
observer elections::observe(std::string key) { return observer(engine_->observe(std::move(key))); }
settings elections::settings_in(std::string key) {
  return settings(engine_->settings_in(std::move(key)));
}
semaphore elections::contend(std::string prefix, std::size_t slots, candidacy how) {
  return semaphore(engine_->contend(std::move(prefix), slots, std::move(how)));
}
asio::awaitable<event> elections::next_event() {
  return runtime::keeping(engine_->next_event(), engine_);
}
asio::awaitable<void> elections::ping() { return runtime::keeping(engine_->ping(), engine_); }
asio::awaitable<void> elections::shut_down() {
  return runtime::keeping(engine_->shut_down(), engine_);
}

}  // namespace tenure
