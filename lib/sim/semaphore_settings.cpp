#include "sim/semaphore_settings.hpp"

#include <charconv>
#include <cstdio>

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view first_part = "sem/";
constexpr std::string_view data_part = "slots/";

}  // namespace

semaphore_settings semaphore_settings::draw(dice& draw) {
  semaphore_settings made;
  made.semaphores = draw.one_in(4) ? 2 : 1;
  made.slots = draw.among(1, 3);
  made.remove_lock = draw.every(20s, 120s);
  made.overwrite_lock = draw.every(20s, 120s);
  made.remove_contender = draw.every(20s, 120s);
  made.destroy_holder = draw.every(20s, 120s, 4);
  made.restore = draw.every(10s, 60s, 4);
  return made;
}

std::string semaphore_settings::summary() const {
  if (!any()) return {};
  char text[80];
  std::snprintf(text, sizeof text, ", semaphores %zu with %zu slots", semaphores, slots);
  return text;
}

std::string semaphore_prefix(std::size_t semaphore) {
  return std::string(first_part) + std::to_string(semaphore);
}

std::string semaphore_lock(std::size_t semaphore) { return semaphore_prefix(semaphore) + "/.lock"; }

std::optional<std::size_t> semaphore_of(std::string_view key) {
  if (!key.starts_with(first_part)) return std::nullopt;
  std::size_t number = 0;
  const char* end = key.data() + key.size();
  const auto read = std::from_chars(key.data() + first_part.size(), end, number);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != '/') return std::nullopt;
  return number;
}

std::string slot_data_key(std::size_t semaphore) {
  return std::string(data_part) + std::to_string(semaphore);
}

bool is_slot_data(std::string_view key) { return key.starts_with(data_part); }

}  // namespace tenure::sim
