#include "election/group/group_report.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "consul/documents.hpp"
#include "core/group/share_plan.hpp"
#include "election/group/group_view.hpp"

namespace tenure::impl {
namespace {

// Settings have neither the flags of locks nor a session.
bool is_election(const consul::kv_entry& entry) {
  if (entry.flags == consul::semaphore_flags || is_member_key(entry)) return false;
  return entry.flags == consul::lock_flags || !entry.session.empty();
}

core::plan_member planned(const seen_member& member, const group_view& view) {
  core::plan_member one;
  one.weight = member.document.weight;
  one.capacity = member.document.capacity;
  one.draining = member.document.leaving || view.drained.contains(member.document.name);
  one.settled = member.document.settled;
  return one;
}

group_member_status status_of(const seen_member& member, const group_view& view) {
  const core::group_member& shown = member.document;
  group_member_status one;
  one.name = shown.name;
  one.session = member.session.text();
  one.value = shown.value;
  one.weight = shown.weight;
  if (shown.capacity != core::no_limit) one.capacity = shown.capacity;
  one.labels = shown.labels;
  one.settled = shown.settled;
  one.draining = view.drained.contains(shown.name);
  one.leaving = shown.leaving;
  one.idle = shown.idle;
  one.entered = shown.entered.count;
  one.leads = shown.leads_outside;
  return one;
}

class reporter {
 public:
  reporter(const std::string& prefix, const consul::kv_list& below)
      : below_(below), members_prefix_(members_prefix(prefix)), view_(read_group(prefix, below)) {
    report_.prefix = prefix;
  }

  group_report run() {
    for (const seen_member& member : view_.members) {
      report_.members.push_back(status_of(member, view_));
      members_.push_back(planned(member, view_));
    }
    for (const auto& [key, member] : view_.pins) report_.pins.push_back(group_pin{key, member});
    report_.drained.assign(view_.drained.begin(), view_.drained.end());
    core::entered_elections held;
    std::vector<const consul::kv_entry*> free;
    for (const consul::kv_entry& entry : below_.entries) {
      if (entry.key.starts_with(members_prefix_) || !is_election(entry)) continue;
      if (entry.session.empty()) {
        free.push_back(&entry);
      } else {
        add(entry);
        held.add(keys_.back().order);
      }
    }
    if (!all_entered_just(held)) {
      for (const consul::kv_entry* entry : free) add(*entry);
    }
    report_.elections = keys_.size();
    for (const seen_member& member : view_.members) {
      report_.elections += member.document.leads_outside;
    }
    show_plan();
    return std::move(report_);
  }

 private:
  // A key stays when all members have left its election. Then no plan of theirs has it.
  bool all_entered_just(const core::entered_elections& held) const {
    bool any = false;
    for (const seen_member& member : view_.members) {
      if (member.document.leaving) continue;
      if (member.document.entered != held) return false;
      any = true;
    }
    return any && held.count > 0;
  }

  void add(const consul::kv_entry& entry) {
    core::plan_key key;
    key.order = core::plan_order(entry.key);
    key.free = entry.session.empty();
    key.holder = key.free ? core::no_member : with_session(entry.session);
    if (const auto pin = view_.pins.find(entry.key); pin != view_.pins.end()) {
      key.pin = named(pin->second);
    }
    keys_.push_back(key);
    if (key.holder != core::no_member) {
      ++report_.members[key.holder].leads;
    } else {
      ++(key.free ? report_.free : report_.strangers);
    }
  }

  core::member_index with_session(const core::session_id& session) const noexcept {
    const seen_member* const found = view_.find(session);
    return found ? static_cast<core::member_index>(found - view_.members.data()) : core::no_member;
  }

  // Of two members with one name, the newer: the other is what a restart left.
  core::member_index named(const std::string& name) const noexcept {
    core::member_index found = core::no_member;
    std::uint64_t newest = 0;
    for (std::size_t i = 0; i < view_.members.size(); ++i) {
      const seen_member& one = view_.members[i];
      if (one.document.name != name || one.create_index < newest) continue;
      newest = one.create_index;
      found = static_cast<core::member_index>(i);
    }
    return found;
  }

  void show_plan() {
    const core::share_plan plan(members_, keys_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      report_.members[i].share = plan.shares()[i].size;
    }
    for (const core::planned_move& move : plan.moves()) {
      const core::member_index from = keys_[move.key].holder;
      if (from != core::no_member) ++report_.members[from].gives;
      if (move.to != core::no_member) ++report_.members[move.to].gets;
    }
  }

  const consul::kv_list& below_;
  const std::string members_prefix_;
  const group_view view_;
  group_report report_;
  std::vector<core::plan_member> members_;
  std::vector<core::plan_key> keys_;
};

}  // namespace

group_report report_group(const std::string& prefix, const consul::kv_list& below) {
  return reporter(prefix, below).run();
}

}  // namespace tenure::impl
