// What operators do to semaphores.
#include <vector>

#include "consul/documents.hpp"
#include "sim/fault_injector.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

std::string lock_target(std::size_t semaphore) {
  return "/v1/kv/" + semaphore_lock(semaphore) +
         "?flags=" + std::to_string(consul::semaphore_flags);
}

}  // namespace

void fault_injector::start_semaphores() {
  const semaphore_settings& settings = scenario_.semaphores;
  if (!settings.any()) return;
  repeat(settings.remove_lock, &fault_injector::operator_removes_lock);
  repeat(settings.overwrite_lock, &fault_injector::operator_overwrites_lock);
  repeat(settings.remove_contender, &fault_injector::operator_removes_contender);
  repeat(settings.destroy_holder, &fault_injector::operator_destroys_holder);
  repeat(settings.restore, &fault_injector::operator_restores_semaphore);
}

// What they wrote by mistake they take away.
void fault_injector::settle_semaphores() {
  for (std::size_t i = 0; i < scenario_.semaphores.semaphores; ++i) {
    if (slots_.history(i).good()) continue;
    world_.probes.hit("operator repaired a semaphore");
    server_.serve_now(runtime::http_request("DELETE", "/v1/kv/" + semaphore_lock(i)));
  }
}

// As a snapshot of the whole store would: the keys have their old indexes again.
void fault_injector::operator_restores_semaphore() {
  const std::size_t semaphore = random_semaphore();
  const std::string prefix = semaphore_prefix(semaphore) + "/";
  const auto taken = snapshots_.find(semaphore);
  if (taken == snapshots_.end() || world_.chance_of(0.5)) {
    snapshots_[semaphore] = server_.snapshot(prefix);
    return;
  }
  world_.probes.hit("snapshot of a semaphore restored");
  server_.restore(prefix, taken->second);
}

std::size_t fault_injector::random_semaphore() {
  return static_cast<std::size_t>(world_.below(scenario_.semaphores.semaphores));
}

std::string fault_injector::random_of(const std::set<std::string>& sessions) {
  if (sessions.empty()) return {};
  auto at = sessions.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(world_.below(sessions.size())));
  return *at;
}

void fault_injector::operator_removes_lock() {
  world_.probes.hit("operator deleted a semaphore's lock");
  const std::string target = "/v1/kv/" + semaphore_lock(random_semaphore());
  server_.serve_now(runtime::http_request("DELETE", target));
}

void fault_injector::operator_overwrites_lock() {
  const std::size_t semaphore = random_semaphore();
  const std::uint64_t how = world_.below(4);
  consul::semaphore_document document;
  document.limit = scenario_.semaphores.slots;
  document.holders = slots_.history(semaphore).named();
  std::string text;
  if (how == 0) {
    world_.probes.hit("operator wrote text over a semaphore's lock");
    server_.serve_now(runtime::http_request("PUT", "/v1/kv/" + semaphore_lock(semaphore),
                                            "an operator was here"));
    return;
  }
  std::string& old = old_locks_[semaphore];
  if (how == 1) {
    world_.probes.hit("operator emptied a semaphore's lock");
  } else if (how == 2) {
    world_.probes.hit("operator removed a holder of a semaphore");
    document.holders.erase(random_of(document.holders));
    text = consul::semaphore_text(document);
  } else {
    world_.probes.hit("operator restored a semaphore's lock");
    text = old;
  }
  old = consul::semaphore_text(document);
  server_.serve_now(runtime::http_request("PUT", lock_target(semaphore), std::move(text)));
}

void fault_injector::operator_removes_contender() {
  const std::size_t semaphore = random_semaphore();
  const std::string session = random_of(slots_.history(semaphore).enrolled());
  if (session.empty()) return;
  world_.probes.hit("operator deleted a contender key");
  server_.serve_now(runtime::http_request(
      "DELETE", "/v1/kv/" + semaphore_prefix(semaphore) + "/" + session));
}

void fault_injector::operator_destroys_holder() {
  const std::string session = random_of(slots_.history(random_semaphore()).named());
  if (session.empty()) return;
  world_.probes.hit("operator destroyed a holder's session");
  server_.serve_now(runtime::http_request("PUT", "/v1/session/destroy/" + session));
}

}  // namespace tenure::sim
