// A Consul service that tells whether its instance leads: its tags carry a label, its metadata the
// session, and a file says the same to the neighbours. As the consul-leader sidecar does it.
//
// The label is there only while the lease holds: it is taken off before the key is released, and
// before the lease of a lost term ends. Whatever else the service has is left alone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <tenure/consul_config.hpp>

#include "consul/agent_services.hpp"
#include "runtime/async_condition.hpp"
#include "sidecar/face.hpp"
#include "sidecar/service_marks.hpp"

namespace tenure::sidecar {

class consul_service_options {
 public:
  service_labels labels;
  std::string id;          ///< of the service; empty: the one of the allocation is looked for
  std::string allocation;  ///< Nomad's; empty where the id is given
  std::string name;        ///< which of the allocation's services, where it has several
  std::string file;        ///< is there while this instance leads; empty: none
};

class consul_service final : public face {
 public:
  /// `session` tells on which session the election stands now; empty while there is none.
  consul_service(std::shared_ptr<const runtime::environment> outside, consul_config consul,
                 consul_service_options options, std::function<std::string()> session);

  void changed(const status& now) override;
  boost::asio::awaitable<void> lead(term t) override;
  /// Throws fatal_error(1) where there is no service after three tries, 5 s apart.
  boost::asio::awaitable<void> run() override;

 private:
  boost::asio::awaitable<void> find_first();
  boost::asio::awaitable<std::string> find();
  boost::asio::awaitable<void> keep();
  boost::asio::awaitable<bool> apply(service_marks wanted);
  boost::asio::awaitable<bool> lost();
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<void> leave();
  service_marks wanted() const;
  bool in_step() const { return !dirty_ && told_ == wanted(); }
  void note_repair(bool overridable);
  void note_answer(const consul::answer_base& answer);
  void put_file(bool leading);
  void log(log_level level, const std::string& line);
  time_point now() const { return outside_->clock->now(); }

  std::shared_ptr<const runtime::environment> outside_;
  consul::agent_services agent_;
  consul_service_options options_;
  std::function<std::string()> session_;
  runtime::async_condition changed_;

  std::string id_;
  std::set<std::string> refused_;  // fields that the agent does not take
  term term_;                      // while lead() runs
  bool leading_ = false;
  bool leaving_ = false;
  bool ended_ = false;
  service_marks told_;   // what the service says, unless dirty_
  bool dirty_ = true;    // nobody knows what it says
  std::string hash_;     // of what it said last; empty: not to be watched now
  std::string trouble_;  // the last one that was logged
  std::string unanswered_;  // why the agent could not be asked, if it could not
  bool missing_ = false;
  bool file_there_ = false;
  bool file_known_ = false;
  unsigned repairs_ = 0;  // in a row
  time_point last_repair_ = time_point::min();
  time_point not_before_ = time_point::min();  // the next repair
};

}  // namespace tenure::sidecar
