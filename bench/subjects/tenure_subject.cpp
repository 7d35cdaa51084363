// tenure_subject: reads commands from standard input and answers on standard output, by the
// protocol of every subject (docs/benchmarks.md).
#include "tenure_subject.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <tenure/sharded_key.hpp>
#include <tenure/spdlog_sink.hpp>
#include <unistd.h>

#include "tenure_member.hpp"

namespace subject {

namespace asio = boost::asio;
using namespace std::chrono_literals;

void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::putchar('\n');
  std::fflush(stdout);
}

std::int64_t now_ns() { return tenure::boot_clock::now().time_since_epoch().count(); }

tenure::candidacy settings::candidacy(std::string value) const {
  tenure::candidacy c(std::move(value));
  c.span(span).ttl(ttl);
  if (lock_delay) c.lock_delay(*lock_delay);
  return c;
}

candidate::candidate(asio::io_context& io, const settings& s, std::size_t id,
                     const std::string& key)
    : id_(id) {
  own_.emplace(io.get_executor(), s.consul, s.options);
  election_ = own_->enter(key, s.candidacy("candidate-" + std::to_string(id)));
  asio::co_spawn(io, follow(), asio::detached);
  election_->stand();
}

candidate::candidate(tenure::elections& shared, const settings& s, std::size_t id,
                     const std::string& key)
    : id_(id) {
  election_ = shared.enter(key, s.candidacy("candidate-" + std::to_string(id)));
  election_->stand();
}

asio::awaitable<void> candidate::follow() {
  for (;;) {
    const tenure::event change = co_await own_->next_event();
    on_event(change);
  }
}

void candidate::on_event(const tenure::event& change) {
  const std::int64_t now = now_ns();
  if (change.standing == tenure::standing::leading && change.term != reported_) {
    reported_ = change.term;
    say("leading %zu %lld", id_, static_cast<long long>(now));
  } else if (change.standing == tenure::standing::stopping) {
    say("stopping %zu %lld", id_, static_cast<long long>(now));
  }
}

namespace {

asio::awaitable<void> resign(tenure::term t) { co_await t.resign(); }

class program {
 public:
  program(settings s, group_settings g)
      : settings_(std::move(s)), group_settings_(g), input_(io_, ::dup(STDIN_FILENO)) {}

  void run() {
    asio::co_spawn(io_, read(), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    say("ready");
    io_.run();
  }

 private:
  asio::awaitable<void> read() {
    std::string text;
    for (;;) {
      const auto [error, size] = co_await asio::async_read_until(
          input_, asio::dynamic_buffer(text), '\n', asio::as_tuple(asio::use_awaitable));
      if (error) std::_Exit(0);  // the harness has closed the pipe or died
      execute(text.substr(0, size - 1));
      text.erase(0, size);
    }
  }

  void execute(const std::string& line) {
    std::istringstream words(line);
    std::string what, text, value;
    std::size_t n = 0;
    words >> what;
    if (what == "candidate") {
      words >> text >> value;
      if (value == "shared") {
        candidates_.emplace_back(all().elections(), settings_, candidates_.size(), text);
        all().pass_events_to(candidates_.back());
      } else {
        candidates_.emplace_back(io_, settings_, candidates_.size(), text);
      }
    } else if (what == "release") {
      one(words).release(io_);
    } else if (what == "stand") {
      one(words).stand();
    } else if (what == "stand-afresh") {
      one(words).stand_afresh(io_);
    } else if (what == "session") {
      say("session %s", one(words).session().c_str());
    } else if (what == "many") {
      words >> text >> n >> value;
      all().enter(text, n, value);
    } else if (what == "tenants") {
      std::size_t tenants = 0;
      words >> text >> tenants >> n >> value;
      enter_tenants(text, tenants, n, value);
    } else if (what == "member" || what == "join" || what == "alone") {
      take_part(what, words);
    } else if (what == "state") {
      members_.front().tell_state();
    } else if (what == "records") {
      members_.front().tell_records();
    } else if (what == "weight") {
      words >> n;
      members_.front().set_weight(static_cast<std::uint32_t>(n));
    } else if (what == "leave-group") {
      asio::co_spawn(io_, members_.front().leave(), asio::detached);
    } else if (what == "latencies") {
      all().report_latencies();
    } else if (what == "leave") {
      asio::co_spawn(io_, all().leave(), asio::detached);
    } else if (what == "quit") {
      std::_Exit(0);
    } else {
      throw std::runtime_error("unknown command '" + what + "'");
    }
  }

  /// Each of them with its own elections object, all on one set of connections.
  void enter_tenants(const std::string& prefix, std::size_t tenants, std::size_t each,
                     const std::string& value) {
    const tenure::consul_connections shared(io_.get_executor(), settings_.consul);
    for (std::size_t i = 0; i < tenants; ++i) {
      tenants_.emplace_back(io_, settings_, tenure::elections(shared, settings_.options));
      tenants_.back().enter(prefix + "/" + std::to_string(i), each, value);
    }
  }
  /// `member GROUP NAME KEY`: one more member, with one election. `join GROUP NAME N`: a member
  /// with the keys 0 to N-1 below the group's prefix. `alone PREFIX NAME N`: without a group.
  void take_part(const std::string& what, std::istringstream& words) {
    std::string prefix, name;
    words >> prefix >> name;
    const std::string group = what == "alone" ? "" : prefix;
    member& added = members_.emplace_back(io_, settings_, group_settings_, group, name);
    if (what == "member") {
      std::string key;
      words >> key;
      added.enter(key, member::reports::at_once, members_.size() - 1);
      return;
    }
    std::size_t n = 0;
    words >> n;
    for (std::size_t i = 0; i < n; ++i) {
      added.enter(tenure::sharded_key(prefix, std::to_string(i)), member::reports::collected, i);
    }
    say("entered %zu %lld", n, static_cast<long long>(now_ns()));
  }

  candidate& one(std::istringstream& words) {
    std::size_t id = 0;
    words >> id;
    return candidates_.at(id);
  }
  many& all() {
    if (!many_) {
      settings theirs = settings_;
      if (settings_.many_span) theirs.span = *settings_.many_span;
      many_.emplace(io_, theirs);
    }
    return *many_;
  }

  settings settings_;
  group_settings group_settings_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor input_;
  std::deque<candidate> candidates_;
  std::optional<many> many_;
  std::deque<many> tenants_;
  std::deque<member> members_;
};

settings parse(int argc, char** argv, group_settings& g) {
  settings s;
  s.consul = tenure::consul_config::from_environment();
  s.consul.connections(80);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const long long number = std::atoll(argv[i + 1]);
    if (name == "--connections") {
      s.consul.connections(static_cast<std::size_t>(number));
    } else if (name == "--sessions") {
      s.options.sessions(static_cast<std::size_t>(number));
    } else if (name == "--span-ms") {
      s.span = number * 1ms;
    } else if (name == "--many-span-ms") {
      s.many_span = number * 1ms;
    } else if (name == "--ttl-ms") {
      s.ttl = number * 1ms;
    } else if (name == "--lock-delay-ms") {
      s.lock_delay = number * 1ms;
    } else if (name == "--liveness-ms") {
      s.options.liveness(number * 1ms);
    } else if (name == "--settling-ms") {
      g.settling_time = number * 1ms;
    } else if (name == "--moves") {
      g.moves_per_second = static_cast<std::uint32_t>(number);
    } else if (name == "--log") {
      s.options.log(tenure::stderr_log(tenure::parse_log_level(argv[i + 1])));
    } else {
      throw std::runtime_error("unknown option '" + name + "'");
    }
  }
  return s;
}

}  // namespace

void candidate::release(asio::io_context& io) {
  election_->withdraw();
  say("releasing %zu %lld", id_, static_cast<long long>(now_ns()));
  asio::co_spawn(io, resign(election_->current()), asio::detached);
}

void candidate::stand_afresh(asio::io_context& io) {
  election_->withdraw();
  asio::co_spawn(io, resign_and_stand(), asio::detached);
}

asio::awaitable<void> candidate::resign_and_stand() {
  tenure::term last = election_->current();
  if (last) co_await last.resign();
  election_->stand();
}

}  // namespace subject

int main(int argc, char** argv) {
  try {
    subject::group_settings groups;
    const subject::settings settings = subject::parse(argc, argv, groups);
    subject::program program(settings, groups);
    program.run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tenure_subject: %s\n", e.what());
    return 1;
  }
  return 0;
}
