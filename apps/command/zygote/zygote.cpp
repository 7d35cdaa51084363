#include "command/zygote/zygote.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>
#include <utility>

#include "command/guardian/descendants.hpp"
#include "command/guardian/guardian.hpp"
#include "command/guardian/guardian_process.hpp"

namespace tenure::command {
namespace {

constexpr int starts_in_a_row = 16;   // then the guardians that ended are reaped
constexpr int pause_ms = 5;  // between looks for orphans, and for room in the socket

int signalfd_of_children() {
  // A signal to the service of the runner may reach this process as well: it must stay until the
  // commands are gone.
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  return ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

// The text of a file without a name, which its reader closes.
bool read_file(int file, std::string& text) {
  char block[4096];
  ::lseek(file, 0, SEEK_SET);
  ssize_t got = 0;
  while ((got = ::read(file, block, sizeof block)) > 0)
    text.append(block, static_cast<std::size_t>(got));
  ::close(file);
  return got == 0;
}

void close_all(const std::vector<int>& descriptors) {
  for (const int fd : descriptors) ::close(fd);
}

bool is_child(pid_t pid) {
  siginfo_t ignored = {};
  return ::waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace

zygote::zygote(int socket, int leases)
    : socket_(socket), signals_(signalfd_of_children()), leases_(leases) {
  ::fcntl(socket_, F_SETFD, FD_CLOEXEC);
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // of the guardians that die
  ::prctl(PR_SET_NAME, "tenure-zygote");
}

void zygote::run() {
  while (socket_ >= 0 || !guardians_.empty() || look_for_orphans_) {
    sleep();
    receive();
    reap();
    if (look_for_orphans_) end_orphans();
    send_settled();
  }
}

void zygote::sleep() {
  pollfd events[] = {{socket_, POLLIN, 0}, {signals_, POLLIN, 0}};
  const bool has_work = look_for_orphans_ || !settled_.empty();
  ::poll(events, std::size(events), has_work ? pause_ms : -1);
  signalfd_siginfo ignored = {};
  while (::read(signals_, &ignored, sizeof ignored) > 0) {}
}

void zygote::receive() {
  for (int i = 0; i < starts_in_a_row && socket_ >= 0; ++i)
    if (!receive_one()) return;
}

bool zygote::receive_one() {
  static std::array<char, sizeof(start_header) + longest_inline_text> buffer;
  alignas(cmsghdr) char control[CMSG_SPACE((request_descriptors + 1) * sizeof(int))];
  iovec part{buffer.data(), buffer.size()};
  msghdr envelope = {};
  envelope.msg_iov = &part;
  envelope.msg_iovlen = 1;
  envelope.msg_control = control;
  envelope.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(socket_, &envelope, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {  // the runner is gone
    ::close(std::exchange(socket_, -1));
    return false;
  }
  message m;
  for (cmsghdr* c = CMSG_FIRSTHDR(&envelope); c != nullptr; c = CMSG_NXTHDR(&envelope, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    m.descriptors.resize((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(m.descriptors.data(), CMSG_DATA(c), m.descriptors.size() * sizeof(int));
  }
  const auto size = static_cast<std::size_t>(got);
  if (size >= sizeof m.header) {
    std::memcpy(&m.header, buffer.data(), sizeof m.header);
    m.texts.assign(buffer.data() + sizeof m.header, size - sizeof m.header);
    if ((envelope.msg_flags & MSG_CTRUNC) == 0 && m.descriptors.size() >= request_descriptors) {
      start(m);
    } else if (!m.descriptors.empty()) {  // the kernel dropped the rest of them
      refuse(m, EMFILE);
    } else {
      settled_.push_back(m.header.id);
    }
  }
  close_all(m.descriptors);
  return true;
}

void zygote::start(message& m) {
  if (m.header.slot >= lease_table::size) return;
  const pid_t pid = ::fork();
  if (pid == 0) become_guardian(m);
  if (pid < 0) return refuse(m, errno);
  guardians_[pid] = child{m.header.id, m.header.slot};
}

void zygote::become_guardian(message& m) {
  int code = exit_failed;
  try {
    ::close(socket_);  // so that the end of the zygote can be seen
    const int streams[] = {m.descriptors[1], m.descriptors[2], m.descriptors[3]};
    const int control = m.descriptors[0];
    guardian_process guardian(leases_[m.header.slot], m.header, control, signals_);
    if (m.descriptors.size() > request_descriptors &&
        !read_file(m.descriptors[request_descriptors], m.texts))
      m.texts.clear();
    if (auto request = read_request(m.header, m.texts)) {
      code = guardian.run(std::move(*request), streams);
    } else {
      guardian.refuse(EIO, {});
      code = exit_all_gone;
    }
  } catch (const std::exception&) {  // no memory
  }
  ::_exit(code);
}

void zygote::refuse(const message& m, int error) {
  report r;
  r.number = error;
  ::send(m.descriptors[0], &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void zygote::reap() {
  for (;;) {
    siginfo_t info = {};
    // Not reaped yet: until the slot forgets the id, no other process may get it.
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const auto found = guardians_.find(info.si_pid);
    if (found != guardians_.end()) {
      std::int32_t pid = info.si_pid;
      leases_[found->second.slot].guardian.compare_exchange_strong(pid, lease_slot::ended);
    }
    int status = 0;
    if (::waitpid(info.si_pid, &status, 0) == info.si_pid) on_end(info.si_pid, status);
  }
}

void zygote::on_end(pid_t pid, int status) {
  if (left_.erase(pid) > 0) look_for_orphans_ = true;  // its children were left as well
  const auto found = guardians_.find(pid);
  if (found == guardians_.end()) return;
  const std::uint32_t id = found->second.id;
  guardians_.erase(found);
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_all_gone) return;
  look_for_orphans_ = true;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != exit_left_children) unsettled_.push_back(id);
}

// A child that is no guardian was left by a guardian: either as its command's scope wants it, or by
// one that died. If both happened at the same time, nothing tells them apart, and all are killed.
void zygote::end_orphans() {
  const std::vector<pid_t> children = children_of(::getpid());
  look_for_orphans_ = false;
  reap();  // the guardians of all these children; others may end now, whose children are not listed
  bool any_left = look_for_orphans_;
  for (const pid_t pid : children) {
    if (guardians_.count(pid) != 0 || left_.count(pid) != 0) continue;
    const bool reaped = !is_child(pid);  // just now
    // The children of one that ends here come after the list was made: look again.
    if (reaped || !unsettled_.empty()) any_left = true;
    if (reaped) continue;
    if (unsettled_.empty()) {
      left_.insert(pid);
      continue;
    }
    for (const pid_t below : descendants_of(pid)) ::kill(below, SIGKILL);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, WNOHANG);
  }
  look_for_orphans_ = any_left;
  if (any_left) return;
  settled_.insert(settled_.end(), unsettled_.begin(), unsettled_.end());
  unsettled_.clear();
}

// A runner that is suspended leaves its socket full.
void zygote::send_settled() {
  while (!settled_.empty()) {
    const settled s{settled_.front()};
    const ssize_t sent =
        socket_ < 0 ? 0 : ::send(socket_, &s, sizeof s, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == EINTR))
      return;
    settled_.pop_front();
  }
}

// PROGRAM __zygote SOFT_LIMIT
void run_guardian_if_requested(int argc, char** argv) {
  if (argc < 3 || std::strcmp(argv[1], zygote_argument) != 0) return;
  rlimit limit = {};
  const rlim_t before = std::strtoull(argv[2], nullptr, 10);
  if (before != 0 && ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && before < limit.rlim_cur) {
    limit.rlim_cur = before;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // the runner has raised its own
  }
  try {
    zygote(zygote_socket, zygote_leases).run();
  } catch (const std::exception&) {  // no memory: the commands go on under their guardians
    ::_exit(EXIT_FAILURE);
  }
  ::_exit(EXIT_SUCCESS);
}

}  // namespace tenure::command
