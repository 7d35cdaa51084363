// tenure policy: prints the ACL policy with which a program works.
#include <memory>
#include <string>
#include <tenure/acl_policy.hpp>
#include <tenure/leader_settings.hpp>
#include <vector>

#include "common/argument_checks.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

constexpr const char* more_help =
    R"(Prints HCL, with a comment for each rule:

  tenure policy run service/backup/leader > backup.hcl
  consul acl policy create -name backup -rules @backup.hcl
  consul acl token create -policy-name backup

PROGRAM is run, lock, sidecar, cron or library; or watch (also for tenure leader),
list, depose, group, drain (also for undrain) or pin (also for unpin and move). KEY is
what that program takes: the prefix of the lock for lock and list, that of the group for
group, drain and pin. A KEY of an election that ends with a slash means all elections
below it.

The rules are the narrowest ones that work. Consul checks sessions by the name of the
node of the agent that is asked: --node narrows that rule, too.)";

struct policy_options {
  std::string program;
  std::vector<std::string> keys;
  std::vector<std::string> semaphores;
  std::vector<std::string> services;
  std::vector<std::string> groups;
  std::string node;
  std::string name;
  std::size_t n = 1;
  bool liveness = false;
  bool settings = false;
  bool spread = false;
  std::string ledger;
};

[[noreturn]] void refuse(const std::string& option, const std::string& programs) {
  throw usage_error(option + ": only for " + programs);
}

bool stands(const std::string& program) {
  return program == "run" || program == "sidecar" || program == "cron" || program == "library";
}

bool is_about_groups(const std::string& program) {
  return program == "group" || program == "drain" || program == "pin";
}

void check(const policy_options& o) {
  const std::string& program = o.program;
  const bool reads = program == "watch" || program == "list" || program == "depose" ||
                     is_about_groups(program);
  const bool library = program == "library";
  if (!stands(program) && program != "lock" && !reads)
    throw usage_error("'" + program + "' is no program with a policy: run, lock, sidecar, cron, "
                      "library, watch, list, depose, group, drain or pin");
  if (o.keys.empty() && o.semaphores.empty() && program != "list")
    throw usage_error("a KEY is missing: tenure policy " + program + " KEY...");
  if (o.n > 1 && program != "lock") refuse("-n", "lock");
  if (o.liveness && !stands(program)) refuse("--liveness", "run, sidecar, cron and library");
  if (o.settings && reads) refuse("--settings", "run, lock, sidecar, cron and library");
  if (!o.node.empty() && reads) refuse("--node", "programs with sessions");
  if (!o.semaphores.empty() && !library) refuse("--semaphore", "library (for lock: -n)");
  if (!o.services.empty() && !library && program != "sidecar")
    refuse("--service", "sidecar and library");
  if (!o.groups.empty() && !stands(program)) refuse("--group", "run, sidecar, cron and library");
  if (o.spread && program != "cron") refuse("--spread", "cron");
  if (!o.ledger.empty() && program != "cron") refuse("--ledger", "cron");
  if (!o.name.empty() && !o.liveness) throw usage_error("--name: only with --liveness");
}

// The name of the service that liveness registers.
std::string service_of(const policy_options& o) {
  if (!o.name.empty()) return o.name;
  return o.program == "sidecar" ? "tenure-sidecar" : o.program == "cron" ? "tenure-cron" : "tenure";
}

std::string prefix_of(const char* what, const std::string& text) {
  if (const std::string why = prefix_error(text, what); !why.empty()) throw usage_error(why);
  return without_end_slashes(text);
}

void add_group(acl_policy& policy, const policy_options& o, const std::string& key) {
  const std::string prefix = prefix_of("a group", key);
  policy.read_group(prefix);
  if (o.program != "group") policy.operate_group(prefix);
}

// The election of a jobs file, or those of its jobs, and the ledger.
void add_cron(acl_policy& policy, const policy_options& o, const std::string& key) {
  const std::string whole = prefix_of("a jobs file", key);
  const bool spread = o.spread || !o.groups.empty();
  policy.election(spread ? whole + '/' : whole);
  const std::string ledger = o.ledger.empty() ? "tenure-cron/" + whole : o.ledger;
  policy.keys_below(prefix_of("a ledger", ledger) + '/',
                    "The ledger: the last tick and the history of each job, and what operators ask "
                    "for.");
}

void add_key(acl_policy& policy, const policy_options& o, const std::string& key) {
  const bool lock = o.program == "lock";
  const std::string prefix = lock ? prefix_of("a lock", key) : key;
  if (is_about_groups(o.program)) {
    add_group(policy, o, key);
  } else if (o.program == "cron") {
    add_cron(policy, o, key);
  } else if (o.program == "list") {
    policy.leaders(key);
  } else if (o.program == "watch") {
    policy.observe(key);
  } else if (lock && o.n > 1) {
    policy.semaphore(prefix);
  } else {
    policy.election(lock ? prefix + "/.lock" : key);
  }
}

acl_policy policy_of(const policy_options& o) {
  check(o);
  acl_policy policy;
  if (stands(o.program) || o.program == "lock") policy.sessions(o.node);
  for (const std::string& key : o.keys) add_key(policy, o, key);
  if (o.keys.empty() && o.program == "list") policy.leaders("");
  for (const std::string& prefix : o.semaphores) policy.semaphore(prefix_of("a semaphore", prefix));
  if (o.settings) {
    for (const std::string& key : o.keys) {
      const bool is_lock = o.program == "lock";
      const std::string held = is_lock ? prefix_of("a lock", key) + "/.lock" : key;
      if (!held.ends_with('/')) policy.settings(leader_settings::key_for(held));
    }
  }
  if (o.liveness) policy.liveness(service_of(o));
  for (const std::string& service : o.services) policy.service(service);
  for (const std::string& group : o.groups) policy.group_member(prefix_of("a group", group));
  return policy;
}

}  // namespace

void add_policy_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<policy_options>();
  CLI::App* command =
      app.add_subcommand("policy", "Print the narrowest ACL policy with which a program works");
  command->add_option("PROGRAM", o->program, "run, lock, sidecar, cron, library, watch, list, ...")
      ->required();
  command->add_option("KEY", o->keys, "the keys of its elections, or the prefix of its lock")
      ->check(check_key);
  command->add_option("--node", o->node, "sessions of the agent on this node only (default: any)")
      ->type_name("NAME");
  command->add_flag("--liveness", o->liveness, "with the rule that --liveness needs");
  command->add_option("--name", o->name,
                      "the name of the liveness service (default: the program's)")
      ->type_name("NAME");
  command->add_option("-n,--n", o->n, "for lock: the number of holders, as for tenure lock")
      ->type_name("N")
      ->check(whole_number(1, most_holders));
  command->add_flag("--settings", o->settings, "with the leader's settings (leader-set, hooks)");
  command->add_option("--service", o->services,
                      "for sidecar: the service that shows who leads, by its name")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--semaphore", o->semaphores, "for library: the prefix of a semaphore")
      ->type_name("PREFIX")
      ->allow_extra_args(false);
  command->add_option("--group", o->groups, "for run, sidecar, cron, library: the group's prefix")
      ->type_name("PREFIX")
      ->allow_extra_args(false);
  command->add_flag("--spread", o->spread,
                    "for cron: one election for each job");
  command->add_option("--ledger", o->ledger, "for cron: `ledger:` (default: tenure-cron/KEY)")
      ->type_name("PREFIX");
  command->footer(more_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      print_text(policy_of(*o).hcl());
      return exit_ok;
    };
  });
}

}  // namespace tenure::apps
