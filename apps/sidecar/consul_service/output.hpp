// The output to a Consul service: its tags carry a label that says whether its instance leads, its
// metadata the session; a file informs other processes on this machine. Compatible with the
// consul-leader sidecar.
//
// The primary label is there only while the lease holds: it is removed before the key is released,
// and before the lease of a lost term ends. The rest of the service stays as it is. An instance
// stands for election only while its service is registered and healthy.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tenure/agent_services.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "sidecar/consul_service/leader_file.hpp"
#include "sidecar/consul_service/lookup.hpp"
#include "sidecar/consul_service/marks.hpp"
#include "sidecar/consul_service/service_gate.hpp"
#include "sidecar/main/output.hpp"
#include "sidecar/main/output_environment.hpp"
#include "sidecar/reconcile/reconciler.hpp"

namespace tenure::sidecar {

class consul_service_options : public service_selector {
 public:
  service_labels labels;
  std::string file;  ///< exists while this instance leads; empty: none
  health_use health = health_use::gates;
};

class consul_service_output final : public output {
 public:
  /// Keeps the election from standing until its service is found. Outlived by `election`.
  consul_service_output(std::shared_ptr<const output_environment> env,
                        std::shared_ptr<agent_services> agent, entered_election& election,
                        consul_service_options options);

  void changed(const election_state& now) override;
  boost::asio::awaitable<void> lead(term t) override;
  /// Throws fatal_error(1) where three lookups, 5 s apart, do not find the service.
  boost::asio::awaitable<void> run() override;
  std::string unfinished() const override {
    return !ended_ && published_.leading ? "label not removed" : "";
  }

 private:
  // output.cpp
  boost::asio::awaitable<void> find_service();
  boost::asio::awaitable<void> keep_file();
  boost::asio::awaitable<void> watch_health();
  boost::asio::awaitable<void> remove_marks();
  void judge();
  service_marks wanted() const;

  // service.cpp: the service at the agent
  boost::asio::awaitable<void> keep_marks();
  boost::asio::awaitable<bool> publish(service_marks marks);
  boost::asio::awaitable<bool> find_again();
  boost::asio::awaitable<void> watch();
  bool up_to_date() const {
    return !unknown_ && !writing_ && published_ == wanted() && !registered_with_old_token();
  }
  bool registered_with_old_token() const;
  void note_found();
  void note_missing();
  void note_repair(const agent_service& service, const service_marks& marks);

  void report(log_level level, std::string_view event);
  void report_failure(std::string_view event, const service_answer& answer);
  time_point now() const { return env_->now(); }

  std::shared_ptr<const output_environment> env_;
  std::shared_ptr<agent_services> agent_;
  entered_election& election_;
  const consul_service_options options_;
  service_lookup lookup_;
  leader_file file_;
  service_gate gate_;
  std::string closed_by_;  // the reason of the closed gate; empty: it is open
  bool paused_ = false;    // a line of the log says that
  runtime::async_condition changed_;

  std::string id_;
  std::set<std::string> refused_fields_;  // of a registration, by this agent
  term term_;                             // while lead() runs
  bool leading_ = false;
  bool ending_ = false;
  bool ended_ = false;
  service_marks published_;  // the marks of the service, unless unknown_
  bool writing_ = false;     // a write of marks was sent, and nothing has been read since
  bool unknown_ = true;      // the service may have other marks than published_
  bool missing_ = false;     // the agent does not know the service, so it has no marks to change
  std::optional<std::string> registered_with_;  // the token of our last registration
  std::string hash_;         // of the service as last read; empty: nothing to watch
  service_marks aim_;        // the marks that the keeper works for
  reconciler keeper_{{}};
};

}  // namespace tenure::sidecar
