#include "tenure-cron/job_run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <ctime>
#include <utility>

#include "common/duration.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using command::outcome;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_line = 16 * 1024;  // what is longer is cut in several

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { close(); }
  int get() const noexcept { return fd_; }
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// Reads what a job prints, until nobody can print any more.
class output_reader : public std::enable_shared_from_this<output_reader> {
 public:
  output_reader(run_surroundings& with, std::string name, int pipe)
      : with_(with), name_(std::move(name)), pipe_(with.executor, pipe),
        timer_(with.executor, time_point::max()) {}

  asio::awaitable<void> read() {
    const auto self = shared_from_this();
    for (;;) {
      co_await wait_for_room();
      if (given_up_) break;
      const auto place = asio::buffer(block_);
      const auto [error, size] = co_await pipe_.async_read_some(place, no_throw);
      if (error) break;
      take(std::string_view(block_.data(), size));
    }
    if (!line_.empty()) with_.output.add(name_, line_);
    done_ = true;
    timer_.cancel();
  }

  // The command and all that it started are gone, so the end of the pipe is near.
  asio::awaitable<void> finish() {
    const auto self = shared_from_this();
    const time_point end = boot_clock::now() + 2s;
    while (!done_ && boot_clock::now() < end) {
      timer_.expires_at(end);
      co_await timer_.async_wait(no_throw);
    }
    given_up_ = true;  // nobody takes what it prints
    pipe_.cancel();
  }

 private:
  asio::awaitable<void> wait_for_room() {
    command::lease_timer pause(with_.executor);
    while (!with_.output.has_room() && !given_up_) {
      pause.expires_after(20ms);
      co_await pause.async_wait(no_throw);
    }
  }

  void take(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      line_ += text.substr(0, end);
      if (end == std::string_view::npos && line_.size() < longest_line) return;
      with_.output.add(name_, line_);
      line_.clear();
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  run_surroundings& with_;
  std::string name_;
  asio::posix::stream_descriptor pipe_;
  command::lease_timer timer_;
  std::array<char, 4096> block_;
  std::string line_;
  bool done_ = false;
  bool given_up_ = false;
};

void set_variable(std::vector<std::string>& environment, const std::string& name,
                  const std::string& value) {
  const std::string start = name + '=';
  std::erase_if(environment, [&](const std::string& e) { return e.starts_with(start); });
  environment.push_back(start + value);
}

std::vector<std::string> environment_of(const job& what, const term& leading, sys_seconds tick) {
  std::vector<std::string> all;
  for (char** e = environ; *e != nullptr; ++e) all.emplace_back(*e);
  for (const auto& [name, value] : what.env) set_variable(all, name, value);
  set_variable(all, "TENURE_JOB", what.name);
  set_variable(all, "TENURE_TICK", rfc3339(tick));
  set_variable(all, "TENURE_KEY", leading.key());
  set_variable(all, "TENURE_FENCE", std::to_string(leading.fence()));
  return all;
}

}  // namespace

std::string rfc3339(sys_seconds t) {
  const std::time_t seconds = t.time_since_epoch().count();
  std::tm utc = {};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc));
}

asio::awaitable<void> run_job(run_surroundings& with,
                              std::shared_ptr<command::term_commands> commands, term leading,
                              const job& what, sys_seconds tick) {
  const time_point begin = boot_clock::now();
  outcome how;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    const auto output = std::make_shared<output_reader>(with, what.name, ends[0]);
    descriptor ours(ends[1]);
    descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    command::invocation run;
    run.argv = what.argv;
    run.environment = environment_of(what, leading, tick);
    run.input = nothing.get();
    run.output = run.error = ours.get();
    asio::co_spawn(with.executor, output->read(), asio::detached);
    run.grace = with.grace;
    try {
      const outcome result = co_await commands->run(std::move(run), what.timeout);
      how = result;
    } catch (const boost::system::system_error& e) {
      how = outcome(outcome::kind::not_started, e.code().value());
    }
    ours.close();  // we are the last at the other end of the pipe
    co_await output->finish();
  } else {
    how = outcome(outcome::kind::not_started, errno);
  }

  const duration took = std::chrono::round<std::chrono::milliseconds>(boot_clock::now() - begin);
  const bool late = what.timeout && took >= *what.timeout;
  const bool fine = how.what == outcome::kind::exited && how.number == 0;
  with.log->log(fine ? log_level::info : log_level::warn,
                "job " + how.text() + (late ? ", after its timeout" : ""),
                {log_field("job", what.name), log_field("tick", rfc3339(tick)),
                 log_field("took", apps::to_text(took)), log_field("fence", leading.fence())});
}

}  // namespace tenure::cron
