// The bare hand-over of many keys: the transactions that a member of a group sends when it leaves.
#include <algorithm>

#include "floor.hpp"

namespace raw {

std::string hand_over_operations(const std::string& key, const std::string& index,
                                 const std::string& from, const std::string& to,
                                 const std::string& value) {
  const std::string named = R"("Key":")" + key + '"';
  const std::string written = named + R"(,"Value":")" + value + R"(","Session":")";
  return R"({"KV":{"Verb":"check-index",)" + named + R"(,"Index":)" + index +
         R"(}},{"KV":{"Verb":"unlock",)" + written + from + R"("}},{"KV":{"Verb":"lock",)" +
         written + to + R"("}})";
}

void many::hand_over(const std::string& prefix) {
  connections_.front()->send(
      "GET", "/v1/kv/" + prefix + "/?recurse=", "", [this](const response& answer) {
        list_held(answer.body);
        connections_.front()->send("PUT", "/v1/session/create", bare_session,
                                   [this](const response& created) {
                                     next_session_ = session_in(created);
                                     asked_ = taken_ = 0;
                                     begun_ = now_ns();
                                     for (const auto& c : connections_) hand_next(*c);
                                   });
      });
}

void many::list_held(const std::string& listing) {
  held_.clear();
  const std::string key = R"("Key":")", index = R"("ModifyIndex":)";
  for (std::size_t at = listing.find(key); at != std::string::npos; at = listing.find(key, at)) {
    const std::size_t name = at + key.size();
    const std::size_t next = listing.find(key, name);
    const std::size_t number = listing.find(index, name) + index.size();
    const std::size_t session = listing.find(session_, name);
    if (session < next) {
      held_.emplace_back(listing.substr(name, listing.find('"', name) - name),
                         listing.substr(number, listing.find_first_of(",}", number) - number));
    }
    at = name;
  }
}

void many::hand_next(connection& by) {
  if (asked_ >= held_.size()) return;
  const std::size_t last = std::min(held_.size(), asked_ + how_.operations / 3);
  const std::size_t count = last - asked_;
  std::string body = "[";
  for (; asked_ < last; ++asked_) {
    if (body.size() > 1) body += ',';
    const auto& [key, index] = held_[asked_];
    body += hand_over_operations(key, index, session_, next_session_, value_);
  }
  body += ']';
  by.send("PUT", "/v1/txn", body, [this, &by, count](const response& answer) {
    if (answer.status != 200) die("a hand-over was refused: " + answer.body);
    taken_ += count;
    if (taken_ == held_.size()) {
      shared_.say("handed %zu %lld %lld", taken_, static_cast<long long>(begun_),
                  static_cast<long long>(now_ns()));
      session_ = next_session_;
    } else {
      hand_next(by);
    }
  });
}

}  // namespace raw
