// The members of a group, and what keeps its elections without a leader.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <tenure/elections.hpp>
#include <utility>

#include "tenure/doctor/subject.hpp"

namespace tenure::doctor {
namespace {

namespace asio = boost::asio;

class group_reading {
 public:
  group_report found;
  std::exception_ptr failure;
};

asio::awaitable<void> read(elections& all, std::string prefix, group_reading& into) {
  try {
    group_report found = co_await all.group_of(prefix);
    into.found = std::move(found);
  } catch (...) {
    into.failure = std::current_exception();
  }
  co_await all.shut_down();
}

group_report read_group(asker& ask, const std::string& prefix) {
  consul_config config = ask.config();
  config.request_timeout(std::max<duration>(ask.time_left(), std::chrono::milliseconds(100)));
  asio::io_context io{1};
  elections all(io.get_executor(), config, elections_options());
  group_reading into;
  asio::co_spawn(io, read(all, prefix, into), [](std::exception_ptr) {});
  io.run();
  if (into.failure) std::rethrow_exception(into.failure);
  return std::move(into.found);
}

bool is_member(const group_report& group, const std::string& name) {
  return std::ranges::any_of(group.members, [&](const auto& m) { return m.name == name; });
}

void check_members(report& out, const group_report& group) {
  std::size_t may_lead = 0;
  for (const group_member_status& m : group.members) {
    const std::string name = "member " + m.name;
    if (m.weight == 0) {
      out.warning("member", name + " has weight 0 and leads nothing",
                  "give it a weight, if it should lead: --weight, TENURE_WEIGHT");
    } else if (m.draining) {
      const std::string leads = m.leads == 0 && m.idle ? "it leads nothing" : "it hands over";
      out.warning("member", name + " is drained: " + leads,
                  "tenure undrain " + group.prefix + " " + m.name + ", when it may lead again");
    } else if (m.capacity && *m.capacity == 0) {
      out.warning("member", name + " has capacity 0 and leads nothing", "raise --capacity");
    } else if (!m.leaving) {
      ++may_lead;
    }
  }
  if (!group.members.empty() && may_lead == 0) {
    out.problem("members", "no member of the group may lead",
                "end a drain, raise a weight, or start another member");
  }
  for (const std::string& name : group.drained) {
    if (is_member(group, name)) continue;
    out.warning("drain", name + " is drained, and is no member now",
                "a drain outlives its member: tenure undrain " + group.prefix + " " + name);
  }
  for (const group_pin& pin : group.pins) {
    if (is_member(group, pin.member)) continue;
    out.warning("pin", pin.key + " is pinned to " + pin.member +
                           ", which is no member now",
                "another member leads it meanwhile; tenure unpin " + pin.key);
  }
}

}  // namespace

void check_group(report& out, asker& ask, const subject& what) {
  group_report group;
  try {
    group = read_group(ask, what.key);
  } catch (const boost::system::system_error& e) {
    const std::string text = "the group cannot be read: " + std::string(e.code().message());
    if (e.code() == consul_errc::forbidden) {  // a member leads without this right
      out.unknown("group", text, "tenure policy group " + what.key +
                                     " prints the rules that reading it needs");
    } else {
      out.problem("group", text, "look at the checks above; run tenure doctor again");
    }
    return;
  }
  std::string text = "the group " + what.key + " has " + count_of(group.members.size(), "member") +
                     (group.members.empty() ? "" : ": ");
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    const group_member_status& m = group.members[i];
    text += (i == 0 ? "" : ", ") + m.name + " (weight " +
            std::to_string(m.weight) + ", leads " + std::to_string(m.leads) + ", share " +
            std::to_string(m.share) + ")";
  }
  out.ok("members", text);
  check_members(out, group);
  if (group.free > 0) {
    out.warning("elections",
                std::to_string(group.free) + " of " + count_of(group.elections, "election") +
                    (group.free == 1 ? " has" : " have") + " no leader",
                "normal after a crash, for up to two TTLs and a span; otherwise look at one of "
                "them: tenure list " +
                    what.key + "/");
  } else {
    out.ok("elections", group.elections == 0
                            ? "no election has been led yet"
                            : count_of(group.elections, "election") +
                                  (group.elections == 1 ? ", with a leader"
                                                        : ", each with a leader"));
  }
  if (group.strangers > 0) {
    out.warning("elections",
                count_of(group.strangers, "election") +
                    (group.strangers == 1 ? " is" : " are") + " held by no member",
                "by a program without --group, or by a member that has died: tenure list " +
                    what.key + "/");
  }
}

}  // namespace tenure::doctor
