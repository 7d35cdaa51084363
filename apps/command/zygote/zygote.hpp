// The zygote: a small process with one thread, from which guardians are forked. Its runner sends it
// the starts. It reaps the guardians, and kills what a guardian that died has left.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "command/guardian/lease_table.hpp"
#include "command/guardian/protocol.hpp"
#include "command/guardian/start_request.hpp"

namespace tenure::command {

class zygote {
 public:
  zygote(int socket, int leases);
  /// Until the runner and all guardians are gone.
  void run();

 private:
  struct message {
    start_header header;
    std::string texts;
    std::vector<int> descriptors;
  };
  struct child {
    std::uint32_t id = 0;
    std::uint32_t slot = 0;
  };

  void sleep();
  void receive();
  bool receive_one();
  void start(message& m);
  [[noreturn]] void become_guardian(message& m);
  void refuse(const message& m, int error);
  void reap();
  void on_end(pid_t pid, int status);
  void end_orphans();
  void send_settled();

  int socket_;
  int signals_;
  lease_table leases_;
  std::map<pid_t, child> guardians_;
  std::set<pid_t> left_;  ///< by commands whose scope lets them live on
  std::vector<std::uint32_t> unsettled_;  ///< starts whose guardian died
  std::deque<std::uint32_t> settled_;     ///< those that the runner has to hear of
  bool look_for_orphans_ = false;
};

}  // namespace tenure::command
