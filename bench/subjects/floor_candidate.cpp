#include <utility>

#include "floor.hpp"

namespace raw {

candidate::candidate(context& shared, std::size_t id, std::string key)
    : shared_(shared),
      id_(id),
      key_(std::move(key)),
      polls_(shared.io, shared.host, shared.port),
      requests_(shared.io, shared.host, shared.port) {
  stand_afresh();
}

void candidate::stand_afresh() {
  requests_.send("PUT", "/v1/session/create", bare_session, [this](const response& answer) {
    session_ = session_in(answer);
    stand();
  });
}

void candidate::stand() {
  standing_ = true;
  if (free_) {
    acquire();
  } else if (!polls_.busy()) {
    poll();
  }
}

void candidate::poll() {
  polls_.send("GET", "/v1/kv/" + key_ + "?wait=55s&index=" + std::to_string(index_), "",
              [this](const response& answer) { seen(answer); });
}

void candidate::seen(const response& answer) {
  if (answer.status != 200 && answer.status != 404) {
    die("a poll got status " + std::to_string(answer.status) + ": " + answer.body);
  }
  index_ = answer.index;
  free_ = answer.body.find("\"Session\"") == std::string::npos;
  if (!holds_ && !free_ && answer.body.find(session_) != std::string::npos) {
    holds_ = true;
    standing_ = false;
    shared_.say("leading %zu %lld", id_, static_cast<long long>(now_ns()));
  }
  if (free_ && standing_ && !requests_.busy()) {
    acquire();
  } else {
    poll();
  }
}

void candidate::acquire() {
  free_ = false;
  requests_.send("PUT", "/v1/kv/" + key_ + "?acquire=" + session_, "floor",
                 [this](const response& answer) {
                   const std::int64_t now = now_ns();
                   if (answer.body.rfind("true", 0) == 0) {
                     standing_ = false;
                     holds_ = true;
                     shared_.say("leading %zu %lld", id_, static_cast<long long>(now));
                   }
                   if (!polls_.busy()) poll();
                 });
}

void candidate::hand_over(const std::string& to) {
  standing_ = holds_ = false;
  shared_.say("releasing %zu %lld", id_, static_cast<long long>(now_ns()));
  // The index of the last poll of an existing key is the key's ModifyIndex.
  const std::string body =
      '[' + hand_over_operations(key_, std::to_string(index_), session_, to, "Zmxvb3I=") + ']';
  requests_.send("PUT", "/v1/txn", body, [](const response& answer) {
    if (answer.status != 200) die("a hand-over was refused: " + answer.body);
  });
}

void candidate::release() {
  standing_ = holds_ = false;
  shared_.say("releasing %zu %lld", id_, static_cast<long long>(now_ns()));
  requests_.send("PUT", "/v1/kv/" + key_ + "?release=" + session_, "", [](const response&) {});
}

}  // namespace raw
