#include "sim/group_settings.hpp"

#include <cstdio>

#include "core/group/move_pace.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

group_settings group_settings::draw(std::size_t elections, dice& draw) {
  group_settings made;
  made.groups = elections > 3 && draw.one_in(3) ? 2 : 1;
  if (elections > 3 && draw.one_in(3)) made.outsiders = draw.among(3, 6);
  made.settling_time = draw.one_in(2) ? 0s : draw.one_in(2) ? 5s : draw.between(0s, 10s);
  made.hand_over_limit = draw.one_in(3) ? 30s : draw.between(1s, 6s);
  if (draw.one_in(4)) made.moves_per_second = static_cast<std::uint32_t>(draw.among(1, 5));
  made.weights = draw.one_in(2);
  made.capacities = draw.one_in(4);
  made.ignores = draw.share(0.5);
  made.late = draw.share(0.6);
  if (!draw.one_in(3)) made.stays = draw.between(20s, 100s);
  made.flap = draw.every(40s, 150s, 5);
  made.drain = draw.every(15s, 80s, 3);
  made.pin = draw.every(15s, 80s, 3);
  made.spoil = draw.every(20s, 120s, 6);
  made.restore = draw.every(5s, 60s);
  return made;
}

std::optional<std::size_t> group_settings::group_of(std::size_t election) const noexcept {
  if (groups == 0) return std::nullopt;
  if (outsiders != 0 && election % outsiders == outsiders - 1) return std::nullopt;
  return election % groups;
}

duration group_settings::balance_bound(std::size_t elections) const noexcept {
  // The members settle; the plan wants a move for a while; each body may take its time to answer;
  // an election whose body did not answer, or that was given back, stays where it is for a while;
  // then the moves, at their rate.
  const duration moves = std::chrono::seconds(elections) / moves_per_second;
  return settling_time + core::move_patience * 2 + hand_over_limit + declined_for + moves + 10s;
}

std::string group_settings::summary() const {
  if (!any()) return {};
  char text[200];
  const auto ms = [](duration d) { return static_cast<long long>(d / 1ms); };
  std::snprintf(text, sizeof text,
                ", groups %zu (settling %lld ms, limit %lld ms, moves %u/s, ignores %.0f%%%s%s%s)",
                groups, ms(settling_time), ms(hand_over_limit), moves_per_second, ignores * 100,
                outsiders != 0 ? ", some elections in none" : "", weights ? ", weights" : "",
                capacities ? ", capacities" : "");
  return text;
}

std::string group_prefix(std::size_t group) {
  return group == 0 ? "e" : "team/" + std::to_string(group);
}

std::string member_name(std::size_t slot) { return "m" + std::to_string(slot); }

}  // namespace tenure::sim
