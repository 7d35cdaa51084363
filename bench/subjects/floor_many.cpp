#include <algorithm>
#include <tenure/toolkit/base64.hpp>
#include <utility>

#include "floor.hpp"

namespace raw {

many::many(context& shared, std::size_t connections, bulk how)
    : shared_(shared), how_(how), polls_(shared.io, shared.host, shared.port) {
  for (std::size_t i = 0; i < connections; ++i) {
    connections_.push_back(std::make_unique<connection>(shared.io, shared.host, shared.port));
  }
}

void many::create_session(std::function<void()> then) {
  connections_.front()->send("PUT", "/v1/session/create", bare_session,
                             [this, then = std::move(then)](const response& answer) {
                               session_ = session_in(answer);
                               then();
                             });
}

void many::take(const std::string& prefix, std::size_t n, const std::string& value) {
  prefix_ = prefix;
  wanted_ = n;
  value_ = tenure::text::base64_encode(value);
  asked_ = taken_ = 0;
  begun_ = now_ns();
  create_session([this] {
    for (const auto& c : connections_) take_next(*c);
  });
}

void many::take_next(connection& by) {
  if (asked_ >= wanted_) return;
  const bool guarded = how_.how == acquisition::guarded;
  const std::size_t keys = how_.operations / (guarded ? 2 : 1);
  const std::size_t last = std::min(wanted_, asked_ + keys);
  const std::size_t count = last - asked_;
  std::string body = "[";
  for (; asked_ < last; ++asked_) {
    const std::string key = key_of(prefix_, asked_);
    if (body.size() > 1) body += ',';
    if (guarded) body += R"({"KV":{"Verb":"check-not-exists","Key":")" + key + R"("}},)";
    body += R"({"KV":{"Verb":"lock","Key":")" + key + R"(","Value":")" + value_ +
            R"(","Session":")" + session_ + R"("}})";
  }
  body += ']';
  by.send("PUT", "/v1/txn", body, [this, &by, count](const response& answer) {
    if (answer.status != 200) die("a transaction was refused: " + answer.body);
    taken_ += count;
    if (taken_ == wanted_) {
      shared_.say("all %zu %lld %lld", wanted_, static_cast<long long>(begun_),
                  static_cast<long long>(now_ns()));
    } else {
      take_next(by);
    }
  });
}

void many::take_over(const std::string& prefix, std::size_t n, const std::string& value) {
  prefix_ = prefix;
  wanted_ = n;
  value_ = tenure::text::base64_encode(value);
  asked_ = taken_ = 0;
  create_session([this] { wait_free(); });
}

void many::wait_free() {
  const std::string target = "/v1/kv/" + key_of(prefix_, 0);
  polls_.send("GET", target + "?wait=55s&index=" + std::to_string(index_), "",
              [this](const response& answer) {
                const bool first = index_ == 0;
                index_ = answer.index;
                if (answer.body.find("\"Session\"") != std::string::npos) {
                  if (first) shared_.say("watching 1 0 0");
                  wait_free();
                  return;
                }
                begun_ = now_ns();
                for (const auto& c : connections_) take_next(*c);
              });
}

void many::change(const std::string& prefix, std::size_t n, std::int64_t rate,
                  std::int64_t seconds) {
  prefix_ = prefix;
  wanted_ = n;
  changed_ = 0;
  change_every_ = 1'000'000'000 / rate;
  next_change_ = now_ns();
  change_end_ = next_change_ + seconds * 1'000'000'000;
  change_one();
}

void many::change_one() {
  if (next_change_ >= change_end_) {
    shared_.say("changed %zu", changed_);
    return;
  }
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto idle = std::find_if(connections_.begin(), connections_.end(),
                                 [](const auto& c) { return !c->busy(); });
  if (idle != connections_.end()) {
    const std::string target = "/v1/kv/" + key_of(prefix_, random_ % wanted_);
    (*idle)->send("PUT", target + "?acquire=" + session_, std::to_string(now_ns()),
                  [this](const response& answer) {
                    if (answer.body.rfind("true", 0) != 0) die("a change was refused");
                    ++changed_;
                  });
  }
  next_change_ += change_every_;
  shared_.io.at(next_change_, [this] { change_one(); });
}

}  // namespace raw
