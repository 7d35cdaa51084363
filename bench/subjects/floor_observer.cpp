#include <algorithm>
#include <cstdlib>

#include "floor.hpp"

namespace raw {

observer::observer(context& shared, const std::string& prefix, std::size_t n)
    : shared_(shared), n_(n), unseen_(0), begun_(now_ns()) {
  for (unsigned number = 0; number < 256; number += 4) {
    char name[4];
    std::snprintf(name, sizeof name, "%02x", number);
    const std::string target = "/v1/kv/" + prefix + '/' + name + "/?recurse&wait=55s&index=";
    folders_.push_back(std::make_unique<folder>(shared.io, shared.host, shared.port, target));
  }
  unseen_ = folders_.size();
  for (const auto& f : folders_) poll(*f);
}

void observer::poll(folder& f) {
  f.polls.send("GET", f.target + std::to_string(f.index), "",
               [this, &f](const response& answer) { seen(f, answer); });
}

void observer::seen(folder& f, const response& answer) {
  const std::int64_t now = now_ns();
  const std::string_view body(answer.body);
  constexpr std::string_view mark = "\"ModifyIndex\":";
  constexpr std::string_view value = "\"Value\":\"";
  for (std::size_t at = body.find(mark); at != body.npos; at = body.find(mark, at + 1)) {
    const std::uint64_t index = std::strtoull(body.data() + at + mark.size(), nullptr, 10);
    if (f.index == 0 || index <= f.index) continue;
    const std::size_t begin = body.rfind(value, at);
    if (begin == body.npos) continue;
    const std::size_t from = begin + value.size();
    const std::int64_t written = number_in(body.substr(from, body.find('"', from) - from));
    if (written > 1'000'000'000) latencies_.push_back(now - written);
  }
  // A folder without keys is not polled again: any write to the store would answer its query.
  const bool first = f.index == 0;
  f.index = answer.index;
  if (answer.status == 200) poll(f);
  if (first && --unseen_ == 0) {
    shared_.say("watching %zu %lld %lld", n_, static_cast<long long>(begun_),
                static_cast<long long>(now));
  }
}

void observer::report_latencies() {
  std::string line = "latencies";
  for (const std::int64_t ns : latencies_) line += ' ' + std::to_string(ns);
  latencies_.clear();
  shared_.say("%s", line.c_str());
}

}  // namespace raw
