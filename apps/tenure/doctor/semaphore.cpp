// The slots of a semaphore, as consul/api and tenure lay them out.
#include <simdjson.h>

#include <map>
#include <vector>

#include "tenure/doctor/session.hpp"
#include "tenure/doctor/subject.hpp"

namespace tenure::doctor {
namespace {

namespace dom = simdjson::dom;

struct slots {
  bool good = true;
  std::uint64_t limit = 0;
  std::vector<std::string> holders;  ///< sessions
};

slots parse(const std::string& value) {
  slots all;
  if (value.empty()) return all;  // the last holder left
  dom::parser parser;
  dom::element document;
  dom::object holders;
  all.good = parser.parse(value).get(document) == simdjson::SUCCESS &&
             document["Limit"].get(all.limit) == simdjson::SUCCESS;
  if (all.good && document["Holders"].get(holders) == simdjson::SUCCESS) {
    for (const auto field : holders) all.holders.emplace_back(field.key);
  }
  return all;
}

}  // namespace

std::uint64_t slots_in(const std::string& document) { return parse(document).limit; }

void check_semaphore(report& out, asker& ask, const subject& what) {
  reply answer = ask.get(asker::kv_path(what.key + '/', "recurse&consistent"));
  slots taken;
  std::map<std::string, std::string> contenders;  // the value of each session
  for (stored_key& entry : asker::keys_in(answer)) {
    if (entry.key == what.key + "/.lock") {
      taken = parse(entry.value);
    } else if (!entry.session.empty() && entry.key == what.key + '/' + entry.session) {
      contenders[entry.session] = std::move(entry.value);
    }
  }
  if (!answer.has(200)) {
    out.problem("slots", "the semaphore cannot be read: " + answer.text(),
                "the check of rights names the rule that is missing");
    return;
  }
  if (!taken.good) {
    out.problem("slots", what.key + "/.lock is not the document of a semaphore",
                "another program wrote it: stop that program, and delete the key while no slot is "
                "in use");
    return;
  }
  std::string holders;
  std::size_t dead = 0;
  for (const std::string& session : taken.holders) {
    const auto found = contenders.find(session);
    if (found == contenders.end()) {
      ++dead;
      continue;
    }
    const std::string value = found->second.empty() ? session : found->second;
    holders += (holders.empty() ? ": " : ", ") + value;
  }
  const std::string limit =
      taken.limit == 0 ? std::to_string(taken.holders.size()) : std::to_string(taken.limit);
  if (taken.limit == 0 && taken.holders.empty()) {
    out.ok("slots", "free: the next holder sets the limit; " +
                        count_of(contenders.size(), "contender"));
  } else {
    out.ok("slots", std::to_string(taken.holders.size()) + " of " + limit + " slots are taken" +
                        holders + "; " + count_of(contenders.size(), "contender"));
  }
  if (dead > 0) {
    out.warning("slots",
                std::to_string(dead) + " of them by sessions that have ended",
                "the next contender takes such a slot one span after it has seen that; without a "
                "contender it stays taken, which harms nothing");
  }
  if (taken.limit > 0 && taken.holders.size() >= taken.limit && dead == 0 &&
      contenders.size() > taken.holders.size()) {
    const std::size_t waiting = contenders.size() - taken.holders.size();
    out.ok("contenders", count_of(waiting, "contender") +
                             (waiting == 1 ? " waits" : " wait") + " for a slot");
  }
  for (const std::string& session : taken.holders) {
    if (!contenders.contains(session)) continue;
    if (const auto held = read_session(ask, session)) check_session(out, ask, *held);
  }
}

}  // namespace tenure::doctor
