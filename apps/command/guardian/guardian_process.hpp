// The loop of a guardian.
#pragma once

#include <sys/types.h>

#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "command/guardian/lease_table.hpp"
#include "command/guardian/protocol.hpp"
#include "command/guardian/start_request.hpp"

namespace tenure::command {

/// One thread that sleeps in poll() and makes a few system calls when it wakes. It must block
/// nowhere else, least of all on the runner.
class guardian_process {
 public:
  /// `signals`: a signalfd for SIGCHLD; every signal is blocked. `control`: the socket to the
  /// runner of this command.
  guardian_process(lease_slot& slot, const start_header& header, int control, int signals);

  /// Runs the command of a request to its end. Closes `streams`. Returns how this process exits.
  guardian_exit run(start_request request, const int (&streams)[3]);
  /// Reports that the command could not be started.
  void refuse(int error, const std::string& problem);

 private:
  // running -> stopping (SIGTERM was sent) -> killing (SIGKILL until no process is left)
  enum class phase { running, stopping, killing };

  bool start(start_request& request, const int (&streams)[3]);
  void enforce_deadlines(time_point now);
  void begin_stop(time_point now, stop_cause why);
  void end_what_it_left(time_point now);
  void signal_as_scoped(int number);
  void signal_all(int number);
  void kill_all();
  void note_cause(stop_cause why);
  bool reap();
  bool command_has_ended();
  void count_what_it_left();
  bool others_may_stay(const std::vector<pid_t>& children) const;
  stop_cause cause_of_deadline(lease_times lease) const;
  time_point next_deadline() const;
  void sleep_until(time_point when);
  void read_orders();
  void execute(order o);
  void send_report(report::kind what);

  lease_slot& slot_;
  int control_;
  int timer_;
  int signals_;
  duration grace_;
  time_point stop_by_;
  kill_scope scope_;
  pid_t leader_ = -1;  // the command, leader of its process group; reaped last to keep its id taken
  bool leader_ended_ = false;
  bool children_changed_ = false;
  bool ends_others_ = false;    // what it left behind must end
  bool left_children_ = false;  // as its scope wants it
  int status_ = 0;
  int left_behind_ = 0;
  stop_cause cause_ = stop_cause::none;
  phase phase_ = phase::running;
  time_point kill_by_ = time_point::max();
  time_point next_kill_ = time_point::min();
  duration kill_pause_ = std::chrono::milliseconds(1);
};

}  // namespace tenure::command
