#include "tenure-cron/daemon/lane_groups.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <utility>

#include "tenure-cron/daemon/file_agreement.hpp"

namespace tenure::cron {

namespace {

/// This process as the group shows it; nothing before the first read.
std::optional<group_member_status> self_in(const group& g) {
  for (group_member_status& one : g.members()) {
    if (one.self) return std::move(one);
  }
  return std::nullopt;
}

}  // namespace

lane_groups::lane_groups(elections& all, std::string prefix, membership how,
                         std::set<std::string> labels)
    : elections_(all),
      prefix_(std::move(prefix)),
      how_(std::move(how)),
      labels_(std::move(labels)) {
  how_.labels(shown_labels());
  main_.emplace(elections_.join(prefix_, how_));
}

std::string lane_groups::prefix_for(const std::string& main, std::vector<std::string> on) {
  std::ranges::sort(on);
  std::string made = main + ".on.";
  for (std::size_t i = 0; i < on.size(); ++i) made += (i > 0 ? "+" : "") + on[i];
  return made;
}

group& lane_groups::for_labels(const std::vector<std::string>& on) {
  if (on.empty()) return *main_;
  const std::string prefix = prefix_for(prefix_, on);
  const auto known = by_labels_.find(prefix);
  if (known != by_labels_.end()) return known->second;
  membership how = how_;
  if (drained_ || giving_up_) how.weight(0);
  how.labels(shown_labels());
  main_->set_busy(true);
  group& joined = by_labels_.emplace(prefix, elections_.join(prefix, how)).first->second;
  if (begin_watch_) begin_watch_(joined);
  return joined;
}

void lane_groups::watch_labels(std::function<void(group&)> begin) {
  begin_watch_ = std::move(begin);
  for (auto& [prefix, one] : by_labels_) begin_watch_(one);
}

std::map<std::string, std::string> lane_groups::shown_labels() const {
  std::map<std::string, std::string> shown;
  for (const std::string& label : labels_) {
    const std::size_t equals = label.find('=');
    if (equals != label.npos) {
      shown[label.substr(0, equals)] = label.substr(equals + 1);
    } else {
      shown.emplace(label, "");
    }
  }
  if (!digest_.empty()) shown[file_agreement::label] = digest_;
  return shown;
}

void lane_groups::publish(const std::string& digest) {
  digest_ = digest;
  main_->set_labels(shown_labels());
  for (auto& [prefix, one] : by_labels_) one.set_labels(shown_labels());
}

void lane_groups::follow_drain() {
  const auto self = self_in(*main_);
  if (!self || giving_up_) return;
  if (self->draining != drained_) {
    drained_ = self->draining;
    for (auto& [prefix, one] : by_labels_) one.set_weight(drained_ ? 0 : how_.weight());
  }
  main_->set_busy(!by_labels_.empty() && !(drained_ && idle_by_labels()));
}

// Before its weight of 0 is seen, this member may claim elections.
bool lane_groups::idle_by_labels() const {
  return std::ranges::all_of(by_labels_, [](const auto& one) {
    const auto self = self_in(one.second);
    return self && self->weight == 0 && self->leads == 0;
  });
}

void lane_groups::give_up() {
  if (std::exchange(giving_up_, true)) return;
  main_->set_weight(0);
  for (auto& [prefix, one] : by_labels_) one.set_weight(0);
}

bool lane_groups::given_up() const {
  const auto seen = [](const group& g) {
    const auto self = self_in(g);
    return !self || self->weight == 0;
  };
  return giving_up_ && seen(*main_) &&
         std::ranges::all_of(by_labels_, [&](const auto& one) { return seen(one.second); });
}

}  // namespace tenure::cron
