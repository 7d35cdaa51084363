#include "command/process_host.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "command/descriptor.hpp"
#include "command/guarded_command.hpp"
#include "command/guardian/protocol.hpp"

namespace tenure::command {

namespace asio = boost::asio;

process_host::process_host(asio::any_io_executor executor, std::shared_ptr<log_sink> log)
    : executor_(std::move(executor)), guardians_(executor_, std::move(log)) {
  // The orphans of a guardian that dies become children of this process, not of init.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::shared_ptr<supervised_command> process_host::start(const invocation& what,
                                                        lease_times lease) {
  auto guardian = std::make_unique<guardian_process>(executor_);
  guardian->page.set(lease);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw boost::system::system_error(last_error(), "socketpair");
  guardian->control.assign(ends[0]);
  const descriptor guardian_end(ends[1]);

  std::vector<std::string> arguments{guardian_argument, std::to_string(guardian_end.get()),
                                     std::to_string(guardian->page.descriptor()),
                                     std::to_string(what.grace.count())};
  arguments.insert(arguments.end(), what.argv.begin(), what.argv.end());
  const std::string folder = what.directory.empty() ? "." : what.directory;
  guardian->process = bp::process(
      executor_, "/proc/self/exe", arguments, bp::process_start_dir(folder),
      bp::process_stdio{{what.input}, {what.output}, {what.error}},
      bp::process_environment(what.environment),
      in_own_session(guardian_end.get(), guardian->page.descriptor()));
  guardians_.add(guardian->process.id());

  auto command = std::make_shared<guarded_command>(executor_, guardians_, std::move(guardian));
  asio::co_spawn(executor_, command->follow(), asio::detached);
  asio::co_spawn(executor_, command->enforce_lease(), asio::detached);
  return command;
}

}  // namespace tenure::command
