// The parts of a group by themselves: the watch of the members, and a member's own key.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "consul/member_document.hpp"
#include "election/group/group_watch.hpp"
#include "election/group/member_key.hpp"
#include "election_adversity.hpp"

namespace tenure::test {

inline core::group_member document(std::string name) {
  core::group_member member;
  member.name = std::move(name);
  member.value = member.name + ":80";
  return member;
}

/// The group "g", read by a process.
inline impl::group_view read_group(election_fixture& b, process& by) {
  const auto answer = b.rt.run(
      by.engine->shared()->client.list(impl::members_prefix("g"), consul::consistency::consistent));
  return impl::read_group("g", answer);
}

/// A group_watch that runs, and what it reported.
class watching_group final : private impl::group_watch::receiver {
 public:
  watching_group(election_fixture& b, process& p, std::size_t place = 0)
      : place_(place), watch_(p.engine->shared(), "g", *this), b_(b), run_(b.rt, truly(run())) {}

  void end() {
    run_.cancel();
    b_.rt.run_until([this] { return run_.done(); });
  }

  std::vector<impl::group_view> views;
  std::vector<error_code> errors;
  std::shared_ptr<impl::member_key> own;  ///< observes each view

 private:
  asio::awaitable<void> run() { return watch_.run(); }
  void on_answer(const impl::group_view& view) override {
    if (own) own->observe(view);
  }
  void on_group(const impl::group_view& view) override { views.push_back(view); }
  void on_group_error(const error_code& why) override { errors.push_back(why); }
  std::size_t place_of(const impl::left_over&) const noexcept override { return place_; }

  const std::size_t place_;
  impl::group_watch watch_;
  election_fixture& b_;
  running<bool> run_;
};

/// A member_key of the group "g" that runs.
class keeping_key {
 public:
  keeping_key(election_fixture& b, process& p, std::string name, duration settling = 10s)
      : key(std::make_shared<impl::member_key>(
            p.engine->shared(), p.engine->shared()->sessions.session_for(quick()), "g",
            document(std::move(name)), settling)),
        b_(b),
        run_(b.rt, truly(key->run())) {}

  void end() {
    run_.cancel();
    b_.rt.run_until([this] { return run_.done(); });
  }
  void wait_written() {
    b_.rt.run_until([this] { return key->written(); });
  }
  std::string name() const { return impl::member_key_name("g", key->session()); }

  const std::shared_ptr<impl::member_key> key;

 private:
  election_fixture& b_;
  running<bool> run_;
};

/// Counts the transactions that a process sends, and decides their fate.
class counted_writes {
 public:
  explicit counted_writes(process& p) {
    p.transport->network = [this](runtime::lane, const runtime::http_request& r) {
      if (!has(r.target, "/v1/txn")) return fate();
      ++sent;
      return sent <= first_are ? fate(what) : fate();
    };
  }
  int sent = 0;
  int first_are = 0;  ///< this number of writes meets `what`
  mishap what = mishap::none;
};

}  // namespace tenure::test
