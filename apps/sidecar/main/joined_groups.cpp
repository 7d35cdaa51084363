#include "sidecar/main/joined_groups.hpp"

#include <boost/system/system_error.hpp>
#include <tenure/toolkit/json_writer.hpp>
#include <utility>
#include <vector>

#include "common/group_text.hpp"

namespace tenure::sidecar {

group& joined_groups::join(elections& all, const apps::group_membership& how) {
  const auto known = groups_.find(how.prefix);
  if (known != groups_.end()) return *known->second;
  auto made = std::make_shared<group>(all.join(how.prefix, how.how));
  memberships_.insert_or_assign(how.prefix, how.how);
  return *groups_.emplace(how.prefix, std::move(made)).first->second;
}

std::shared_ptr<group> joined_groups::find(const std::string& prefix) const {
  const auto found = groups_.find(prefix);
  return found == groups_.end() ? nullptr : found->second;
}

void joined_groups::adjust(const apps::group_membership& how) {
  const auto joined = find(how.prefix);
  if (!joined || leaving(how.prefix)) return;
  membership& now = memberships_.at(how.prefix);
  if (now.weight() != how.how.weight()) joined->set_weight(how.how.weight());
  if (now.capacity() != how.how.capacity()) joined->set_capacity(how.how.capacity());
  now = how.how;
}

boost::asio::awaitable<void> joined_groups::leave(std::string prefix) {
  const auto left = find(prefix);
  if (!left || leaving(prefix)) co_return;
  leaving_.insert(prefix);
  co_await left->leave();
  leaving_.erase(prefix);
  groups_.erase(prefix);
  memberships_.erase(prefix);
}

void joined_groups::take_nothing_more() {
  for (auto& [prefix, g] : groups_) {
    try {
      g->set_weight(0);
    } catch (const boost::system::system_error&) {  // the elections are shut down already
    }
  }
}

std::string joined_groups::json() const {
  text::json_writer json;
  json.begin_array();
  for (const auto& [prefix, g] : groups_) {
    const std::vector<group_member_status> members = g->members();
    json.begin_object().key("group").value(prefix).key("member");
    std::string self;
    for (const group_member_status& m : members) {
      if (m.self) self = m.name;
    }
    json.value(self).key("members").raw(apps::to_json(members)).end_object();
  }
  return json.end_array().take();
}

}  // namespace tenure::sidecar
