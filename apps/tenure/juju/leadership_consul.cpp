// Leadership by Consul itself: for the command of `tenure run` or `tenure lock`, whose environment
// names the key and the session.
#include <boost/system/system_error.hpp>
#include <tenure/candidacy.hpp>
#include <tenure/delegate.hpp>
#include <utility>

#include "common/duration.hpp"
#include "tenure/juju/leadership.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration default_guarantee = 30s;

// The shortest span, in whole seconds, whose lease lasts that long.
duration span_for(duration lease) {
  duration span = 1s;
  while (candidacy("any").span(span).lease() < lease) span += 1s;
  return span;
}

// The line of the library, without the code's own words: those are for programs.
tool_error error_of(const boost::system::system_error& e) {
  if (e.code() == errc::not_leading) return tool_error(not_the_leader);
  if (e.code() == errc::outcome_unknown) {
    return tool_error("Consul did not answer in time: it is not known whether the settings are "
                      "stored");
  }
  std::string text = e.what();
  const std::string suffix = ": " + e.code().what();
  if (text.ends_with(suffix)) text.resize(text.size() - suffix.size());
  return tool_error(text);
}

class consul_leadership final : public leadership {
 public:
  consul_leadership(asio::any_io_executor executor, consul_config config, election_keys keys)
      : session_(keys.session),
        delegate_(std::move(executor), std::move(config), std::move(keys.key),
                  std::move(keys.session), std::move(keys.settings)) {}

  asio::awaitable<bool> is_leader(std::optional<duration> requested) override {
    const duration guarantee = requested.value_or(default_guarantee);
    try {
      if (guarantee == duration(0)) {
        const bool leads = co_await delegate_.leads();
        co_return leads;
      }
      const leadership_proof proof = co_await delegate_.prove();
      co_return lasts(proof, guarantee);
    } catch (const boost::system::system_error& e) {
      throw error_of(e);
    }
  }

  asio::awaitable<settings_snapshot> get() override {
    try {
      settings_snapshot now = co_await delegate_.settings();
      co_return now;
    } catch (const boost::system::system_error& e) {
      throw error_of(e);
    }
  }

  asio::awaitable<void> set(leader_settings::changes changes) override {
    try {
      co_await delegate_.set(std::move(changes));
    } catch (const boost::system::system_error& e) {
      throw error_of(e);
    }
  }

 private:
  bool lasts(const leadership_proof& proof, duration guarantee) const {
    if (!proof.leads) return false;
    if (proof.span == duration(0)) {
      throw tool_error("the session " + session_ +
                       " is not tenure's, so a successor may start at any time: use "
                       "--guarantee 0");
    }
    if (proof.lease < guarantee) {
      throw tool_error(to_text(guarantee) + " cannot be promised with a span of " +
                       to_text(proof.span) + ": a lease lasts " +
                       to_text(std::chrono::floor<std::chrono::milliseconds>(proof.lease)) +
                       "; run tenure with --span " + to_text(span_for(guarantee + 1s)) +
                       " or use a shorter --guarantee");
    }
    return proof.valid_until - boot_clock::now() >= guarantee;
  }

  const std::string session_;
  delegate delegate_;
};

}  // namespace

std::unique_ptr<leadership> leadership_by_consul(asio::any_io_executor executor,
                                                 consul_config config, election_keys keys) {
  return std::make_unique<consul_leadership>(std::move(executor), std::move(config),
                                             std::move(keys));
}

}  // namespace tenure::apps
