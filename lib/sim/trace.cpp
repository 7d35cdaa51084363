#include "sim/trace.hpp"

#include <cinttypes>
#include <cstring>

namespace tenure::sim {

void trace::note(time_point now, const trace_event& event) {
  ++lines_;
  mix(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  mix(event.who);
  mix(event.what);
  mix(event.detail);
  mix(event.a);
  mix(event.b);
  if (out_ == nullptr) return;
  print(now, event.who, event.what, event.detail);
  if (event.a != 0 || event.b != 0) {
    std::fprintf(out_, " [%" PRIu64 " %" PRIu64 "]", event.a, event.b);
  }
  std::fputc('\n', out_);
}

void trace::remark(time_point now, std::string_view who, std::string_view text) {
  if (out_ == nullptr) return;
  print(now, who, "says", text);
  std::fputc('\n', out_);
}

void trace::print(time_point now, std::string_view who, std::string_view what,
                  std::string_view detail) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  std::fprintf(out_, "%6lld.%06lld %-7.*s %-12.*s %.*s",
               static_cast<long long>(us.count() / 1000000),
               static_cast<long long>(us.count() % 1000000), static_cast<int>(who.size()),
               who.data(), static_cast<int>(what.size()), what.data(),
               static_cast<int>(detail.size()), detail.data());
}

void trace::mix(std::uint64_t value) noexcept {
  hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15ULL;
  hash_ ^= hash_ >> 29;
}

void trace::mix(std::string_view text) noexcept {
  mix(std::uint64_t{text.size()});
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    mix(word);
    text.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  mix(rest);
}

}  // namespace tenure::sim
