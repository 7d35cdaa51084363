// Two members of which one learns of hand-overs by notices alone.
#pragma once

#include <memory>
#include <string>

#include "election/group/hand_over_notices.hpp"
#include "hand_over_fixture.hpp"
#include "open_notices.hpp"

namespace tenure::test {

/// Two members: `a` leads and hands over to `b`, which learns of it by a notice: its polls of keys
/// get no answer.
class noticing {
 public:
  noticing()
      : a(f, "a"),
        b(f, "b"),
        of_a(a.enter_and_lead(key)),
        of_b(b.enter(key)),
        notices(b.p.engine->shared(), "g", quick("b")) {
    for (const auto& one : {of_a, of_b}) one->set_claims_wait(true);
    of_b->stand();
    f.rt.run_until([this] { return !of_b->session().empty() && of_b->history().held(); }, 5s);
    b.p.transport->network = [](runtime::lane where, const runtime::http_request& r) {
      const bool its_key = where == runtime::lane::polls && !has(r.target, "/handed/");
      return fate(its_key ? mishap::silent_before : mishap::none);
    };
    open_notices(f, notices, of_b->session());
    f.rt.advance(40s);  // the poll that had begun has ended
    impl::recipient to = b.as_recipient("b");
    to.notices = impl::notices_prefix("g", to.session.text());
    a.group->next = {to};
  }
  ~noticing() {
    a.end();
    b.end();
    f.shut_down();
  }

  /// Where `b` finds the notices of `a`.
  std::string notice_key() const {
    return impl::notices_prefix("g", of_b->session()) + of_a->session() + ".0";
  }

  election_fixture f;
  member a, b;
  std::shared_ptr<impl::participant> of_a, of_b;
  impl::hand_over_notices notices;
};

}  // namespace tenure::test
