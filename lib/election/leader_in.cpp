#include "election/leader_in.hpp"

namespace tenure::impl {

leader leader_in(const std::string& key, const consul::kv_result& answer) {
  leader who;
  who.key = key;
  if (answer.entry && !answer.entry->session.empty()) {
    who.session = answer.entry->session;
    who.value = answer.entry->value;
    who.fence = answer.entry->modify_index;
  }
  return who;
}

}  // namespace tenure::impl
