#include "cron_sim/cron_scenario.hpp"

#include <array>
#include <cstdio>

#include "sim/dice.hpp"

namespace tenure::cron_sim {
namespace {

using namespace std::chrono_literals;
using sim::dice;
using std::chrono::sys_days;
using std::chrono::year;

constexpr std::array zones{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};

/// Often a few minutes before the clocks of a zone change.
sys_milliseconds draw_epoch(dice& draw) {
  static constexpr std::array changes{
      std::chrono::sys_seconds(sys_days(year(2026) / 3 / 29)) + 1h,    // Berlin, forward
      std::chrono::sys_seconds(sys_days(year(2026) / 10 / 25)) + 1h,   // Berlin, back
      std::chrono::sys_seconds(sys_days(year(2026) / 3 / 8)) + 7h,     // New York, forward
      std::chrono::sys_seconds(sys_days(year(2026) / 11 / 1)) + 6h,    // New York, back
      std::chrono::sys_seconds(sys_days(year(2026) / 4 / 4)) + 15h,    // Lord Howe, back
      std::chrono::sys_seconds(sys_days(year(2026) / 10 / 3)) + 15h + 30min};
  // True time begins at one hour.
  if (draw.one_in(3)) return changes[draw.among(0, 5)] - 1h - draw.between(0s, 8min) / 1s * 1s;
  return sys_days(year(2026) / 1 / 1) + std::chrono::hours(draw.among(0, 8'000)) +
         std::chrono::milliseconds(draw.among(0, 3'599'999));
}

/// A minute of the run, as the clock on the wall of the zone shows it.
std::chrono::hh_mm_ss<std::chrono::seconds> minute_of_run(const cron_scenario& made, dice& draw,
                                                         const cron::zone& where) {
  const auto t = std::chrono::floor<std::chrono::seconds>(made.epoch + 1h) +
                 std::chrono::seconds(draw.among(20, 250));
  const auto local = where.at(t).to_local(t).time_since_epoch();
  return std::chrono::hh_mm_ss(local - std::chrono::floor<std::chrono::days>(local));
}

std::string draw_schedule(const cron_scenario& made, dice& draw, const cron::zone& where) {
  static constexpr std::array often{"@every 1s", "@every 2s", "*/3 * * * * *", "@every 5s",
                                    "*/7 * * * * *", "@every 10s"};
  static constexpr std::array seldom{"@every 30s", "7,33 * * * * *", "* * * * *", "@every 90s",
                                     "*/2 * * * *", "H * * * * *", "@every 17s"};
  const std::uint64_t kind = draw.among(0, 9);
  if (kind < 4) return often[draw.among(0, often.size() - 1)];
  if (kind < 8) return seldom[draw.among(0, seldom.size() - 1)];
  const auto at = minute_of_run(made, draw, where);
  return std::to_string(at.minutes().count()) + " " + std::to_string(at.hours().count()) +
         " * * *";
}

command_manner draw_manner(dice& draw) {
  command_manner m;
  switch (draw.among(0, 3)) {
    case 0:
      m.most = 300ms;
      break;
    case 1:
      m.least = 200ms;
      m.most = 3s;
      break;
    case 2:
      m.least = 1s;
      m.most = 12s;
      break;
    default:
      m.least = 5s;
      m.most = 30s;
  }
  m.fails = draw.share(0.3);
  return m;
}

cron::job_ptr draw_job(const cron_scenario& made, dice& draw, std::size_t number) {
  const cron::named_zone where = cron::find_zone(zones[draw.among(0, zones.size() - 1)]);
  const std::string name = "job" + std::to_string(number);
  cron::job j(cron::schedule::parse(draw_schedule(made, draw, *where.where), name), where);
  j.name = name;
  j.argv = {"true"};
  if (draw.one_in(4)) j.splay = draw.between(1s, 20s);
  const std::uint64_t catch_up = draw.among(0, 3);
  j.catch_up = catch_up == 0   ? 0
               : catch_up == 1 ? static_cast<std::uint32_t>(draw.among(2, 6))
               : catch_up == 2 ? cron::catch_up_all
                               : 1;
  if (draw.one_in(3)) j.starting_deadline = draw.between(5s, 60s);
  j.retry_unknown = draw.one_in(2);
  j.overlap = static_cast<cron::overlap_rule>(draw.among(0, 3));
  if (draw.one_in(4)) j.max_parallel = static_cast<std::uint32_t>(draw.among(1, 3));
  j.history = draw.one_in(3) ? static_cast<std::uint32_t>(draw.among(20, 60)) : 100'000;
  return std::make_shared<const cron::job>(std::move(j));
}

void draw_replicas(cron_scenario& made, dice& draw) {
  sim::scenario& c = made.consul;
  c.processes = draw.among(2, 4);
  c.addresses = c.processes;
  c.tenants = c.pool = 1;
  c.foreign_contenders = 0;
  c.connections = 40;
  c.server_limit = 200;
  c.unrelated_keys = 0;
  c.mixed_spans = c.slow_bodies = false;
  c.behavior = session_behavior::release;
  c.drift_ppm = std::min<std::int64_t>(c.drift_ppm, 4'900);
  c.activity = 1;
  c.groups = sim::group_settings();
  made.rough = draw.one_in(5);
  if (!made.rough) {
    c.faults.operator_delete = c.faults.operator_put = c.faults.operator_release = 0s;
  }
  if (made.spread) {
    c.groups.groups = 1;
    c.groups.settling_time = draw.between(0s, 5s);
    c.groups.hand_over_limit = draw.between(5s, 30s);
  }
}

void draw_clocks(cron_scenario& made, dice& draw) {
  made.most_skew = draw.one_in(4) ? duration(0s) : draw.between(50ms, 2s);
  for (std::size_t i = 0; i < made.consul.processes; ++i)
    made.offsets.push_back(draw.between(0s, 2 * made.most_skew) - made.most_skew);
  if (made.most_skew > 0s) made.step = draw.every(10s, 60s, 4);
  if (draw.one_in(4)) made.jump = draw.between(20s, 80s);
}

}  // namespace

cron_scenario cron_scenario::draw(std::uint64_t seed, std::optional<duration> faults_for) {
  cron_scenario made;
  made.consul = sim::scenario::draw(seed, faults_for);
  dice draw(seed ^ 0xc2041ed6e2);
  made.epoch = draw_epoch(draw);
  made.spread = draw.one_in(3);
  draw_replicas(made, draw);
  const std::size_t count = draw.among(1, 4);
  for (std::size_t i = 0; i < count; ++i) {
    const cron::job_ptr what = draw_job(made, draw, i);
    const command_manner manner = draw_manner(draw);
    made.jobs.emplace_back(what, manner);
  }
  made.consul.elections = made.lanes();
  made.consul.fault_phase = faults_for.value_or(draw.between(60s, 180s));
  draw_clocks(made, draw);
  made.run_job = draw.every(20s, 100s);
  made.pause_job = draw.every(40s, 150s);
  made.move = draw.every(15s, 90s, 4);
  return made;
}

duration cron_scenario::settling_time() const {
  // The longest run, and what waits for it.
  duration longest = 0s;
  for (const job_plan& j : jobs) longest = std::max(longest, j.manner.most + j.what->splay);
  return 2 * longest + 30s;
}

std::string cron_scenario::summary() const {
  std::string text = consul.summary() + ", skew " + std::to_string(most_skew / 1ms) + " ms" +
                     (spread ? ", spread" : "") + (rough ? ", rough" : "") +
                     (jump > 0s ? ", jumps" : "");
  for (const job_plan& j : jobs) {
    text += "\n  " + j.what->name + " " + j.what->when.text() + " " + j.what->zone.name +
            ", catch_up " + std::to_string(j.what->catch_up) + ", overlap " +
            std::to_string(static_cast<int>(j.what->overlap)) + ", deadline " +
            std::to_string(j.what->starting_deadline / 1ms) + " ms, splay " +
            std::to_string(j.what->splay / 1ms) + " ms, history " +
            std::to_string(j.what->history) +
            (j.what->retry_unknown ? ", retry_unknown" : "") + ", takes " +
            std::to_string(j.manner.least / 1ms) + " to " + std::to_string(j.manner.most / 1ms) +
            " ms";
  }
  return text;
}

}  // namespace tenure::cron_sim
