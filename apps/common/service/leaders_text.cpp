#include "common/service/leaders_text.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/utf8.hpp>

namespace tenure::apps {
namespace {

constexpr std::size_t most_names = 5;
constexpr std::size_t most_leaders = 5;
constexpr std::size_t longest_name = 80;

std::string printable(std::string name) {
  if (name.empty()) return "(empty value)";
  if (name.size() > longest_name) name = name.substr(0, longest_name) + "...";
  std::ranges::replace_if(name, text::is_control, '?');
  return text::with_visible_bytes(name);  // systemd ignores a status that is not UTF-8
}

/// Some elections: all of them are counted, and the first few are named.
class named_elections {
 public:
  void add(const std::string& name) {
    if (++count_ > most_names) return;
    text_ += (text_.empty() ? "" : ", ") + printable(name);
  }
  bool empty() const noexcept { return count_ == 0; }
  std::string text() const {
    if (count_ <= most_names) return text_;
    return text_ + " and " + std::to_string(count_ - most_names) + " more";
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace

seen_leader::seen_leader(const tenure::leader& who)
    : present(who.present()), value(who.value.substr(0, longest_name + 1)) {}

std::string leaders_text(const std::vector<election_line>& all) {
  named_elections led;
  named_elections free;
  named_elections unknown;
  std::map<std::string, named_elections> others;
  for (const election_line& one : all) {
    if (one.leads) {
      led.add(one.name);
    } else if (!one.seen) {
      unknown.add(one.name);
    } else if (!one.seen->present) {
      free.add(one.name);
    } else {
      others[one.seen->value].add(one.name);
    }
  }
  std::string line;
  const auto add = [&line](const std::string& part) { line += (line.empty() ? "" : "; ") + part; };
  if (!led.empty()) add("leads " + led.text());
  std::size_t leaders = 0;
  for (const auto& [leader, names] : others) {
    if (++leaders <= most_leaders) add(printable(leader) + " leads " + names.text());
  }
  if (leaders > most_leaders)
    add(std::to_string(leaders - most_leaders) + " more candidates lead");
  if (!free.empty()) add("without a leader: " + free.text());
  if (!unknown.empty()) add("not read from Consul yet: " + unknown.text());
  return line.empty() ? "no elections" : line;
}

}  // namespace tenure::apps
