// Elections of a group whose plan is the test: it names who gets a key that is given up.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <tenure/metrics.hpp>
#include <vector>

#include "election/group/group_seats.hpp"
#include "election/participant/participant.hpp"
#include "election/participant/profile.hpp"
#include "election_adversity.hpp"

namespace tenure::test {

/// What a participant reports to its group, and the group's answers.
class scripted_group final : public impl::group_seats {
 public:
  impl::session_pool::pooled its_session;
  std::vector<impl::recipient> next;  ///< in the order in which they get keys, while they live
  std::uint32_t seats = 0;
  int asked = 0;
  int changes = 0;
  std::vector<std::uint32_t> left;
  std::vector<std::string> holders;  ///< a session, or "free"
  std::vector<std::string> handed;   ///< names
  std::vector<std::string> died;     ///< names

  void take_seat(impl::participant& who) override { who.set_seat(seats++); }

 private:
  impl::session_pool::pooled session() override { return its_session; }
  void holder_changed(std::uint32_t, const core::session_id& holder) noexcept override {
    holders.push_back(holder.empty() ? "free" : holder.text());
  }
  void seat_changed(std::uint32_t) noexcept override { ++changes; }
  std::optional<impl::recipient> recipient_of(std::uint32_t) override {
    ++asked;
    for (const impl::recipient& one : next) {
      if (std::find(died.begin(), died.end(), one.name) == died.end()) return one;
    }
    return std::nullopt;
  }
  void handed_over(std::uint32_t, const impl::recipient& to) override {
    handed.push_back(to.name);
  }
  void recipient_gone(const impl::recipient& to) override { died.push_back(to.name); }
  void seat_left(std::uint32_t seat) noexcept override { left.push_back(seat); }
};

/// The lines of a process's log, as "message" and " name=value" of each field.
class line_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    std::string line(message);
    for (const log_field& f : fields) {
      line += " " + std::string(f.name()) + "=" + std::string(f.value());
    }
    lines.push_back(std::move(line));
  }
  /// How many lines begin with `message` and have `part`.
  std::ptrdiff_t count(std::string_view message, std::string_view part = "") const {
    return std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.starts_with(message) && has(line, part);
    });
  }
  std::vector<std::string> lines;
};

/// The verbs of a transaction's operations, in order.
inline std::vector<std::string> verbs(const runtime::http_request& r) {
  static constexpr std::string_view mark = "\"Verb\":\"";
  std::vector<std::string> all;
  for (auto at = r.body.find(mark); at != r.body.npos; at = r.body.find(mark, at)) {
    at += mark.size();
    all.push_back(r.body.substr(at, r.body.find('"', at) - at));
  }
  return all;
}

/// A transaction with a hand-over: nothing else has both.
inline bool hands_over(const runtime::http_request& r) {
  return r.target == "/v1/txn" && has(r.body, "\"unlock\"") && has(r.body, "\"lock\"");
}

/// A process that is a member of the scripted group.
class member {
 public:
  member(election_fixture& b, std::string value)
      : group(std::make_shared<scripted_group>()),
        log(std::make_shared<line_log>()),
        metrics(std::make_shared<metrics_registry>()),
        p(b.add(elections_options().log(log).metrics(metrics))),
        rt_(b.rt),
        how_(std::make_shared<const impl::profile>(p.engine->shared(), quick(std::move(value)),
                                                   group)) {
    group->its_session = p.engine->shared()->sessions.session_for(how_->how);
  }
  ~member() { end(); }
  member(const member&) = delete;
  member& operator=(const member&) = delete;

  std::shared_ptr<impl::participant> enter(std::string its_key) {
    auto one = std::make_shared<impl::participant>(how_, std::move(its_key));
    p.engine->shared()->watches.watch(one->name(), one);
    group->take_seat(*one);
    all.push_back(one);
    return one;
  }
  /// Enters the election and leads it.
  std::shared_ptr<impl::participant> enter_and_lead(std::string its_key) {
    auto one = enter(std::move(its_key));
    one->set_claims_wait(false);
    one->stand();
    rt_.run_until([&] { return one->can_hand_over(); });
    return one;
  }
  /// Ends the term of the participant's present term.
  void resign(impl::participant& one) {
    term t = one.current();
    rt_.run(t.resign());
  }
  impl::recipient as_recipient(std::string name) const {
    return impl::recipient{all.front()->session(), std::move(name),
                           std::make_shared<const std::string>(how_->how.value()),
                           {}};
  }
  std::int64_t operator[](metric which) const { return metrics->value(which); }
  void end() {
    group->next.clear();
    for (const auto& one : all) {
      one->stop(end_reason::shut_down);
      if (one->working()) resign(*one);
    }
    for (const auto& one : all) {
      rt_.run_until([&] { return one->settled(); });
      one->detach();
    }
    all.clear();
  }

  const std::shared_ptr<scripted_group> group;
  const std::shared_ptr<line_log> log;
  const std::shared_ptr<metrics_registry> metrics;
  process& p;
  std::vector<std::shared_ptr<impl::participant>> all;

 private:
  manual_runtime& rt_;
  std::shared_ptr<const impl::profile> how_;
};

/// A session that only holds what it is given.
inline impl::recipient stranger(election_fixture& b, std::string name, std::string value = "b") {
  const std::string made = b.ask("PUT", "/v1/session/create", R"({"LockDelay":"0s"})").body;
  return impl::recipient{made.substr(made.find("\"ID\":\"") + 6, 36), std::move(name),
                         std::make_shared<const std::string>(std::move(value)), {}};
}

inline bool holds(election_fixture& b, const impl::recipient& who, const std::string& its_key) {
  return has(b.key(its_key), who.session.text());
}

}  // namespace tenure::test
