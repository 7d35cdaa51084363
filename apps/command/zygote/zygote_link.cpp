#include "command/zygote/zygote_link.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <tenure/toolkit/no_throw.hpp>
#include <utility>
#include <vector>

#include "command/descriptor_limit.hpp"
#include "command/guardian/protocol.hpp"
#include "command/secret_variables.hpp"

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int first_free_descriptor = 10;  // above those that the zygote inherits
constexpr int buffer_size = 1 << 20;

[[noreturn]] void fail_with(int error, const char* what) {
  throw boost::system::system_error(error, boost::system::system_category(), what);
}

int copy_of(int fd) {
  const int made = ::fcntl(fd, F_DUPFD_CLOEXEC, first_free_descriptor);
  if (made < 0) fail_with(errno, "dup");
  return made;
}

/// How the zygote is set up: a new session, no descriptors but its two, clean signals.
class spawn_setup {
 public:
  spawn_setup(int socket, int leases) {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_init(&actions_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                 POSIX_SPAWN_SETSID);
    for (const int standard : {0, 1, 2})
      ::posix_spawn_file_actions_addopen(&actions_, standard, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, socket, zygote_socket);
    ::posix_spawn_file_actions_adddup2(&actions_, leases, zygote_leases);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, zygote_leases + 1);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
  ~spawn_setup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  pid_t start() const {
    std::string name = program_invocation_short_name;
    std::string hidden = zygote_argument;
    std::string limit = std::to_string(descriptor_limit_of_commands());
    char* const argv[] = {name.data(), hidden.data(), limit.data(), nullptr};
    // Else each guardian would look up the functions that it calls anew.
    std::string bind = "LD_BIND_NOW=1";
    std::vector<std::string> variables = inherited_variables();
    std::vector<char*> environment;
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.insert(environment.end(), {bind.data(), nullptr});
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, "/proc/self/exe", &actions_, &attributes_, argv,
                                    environment.data());
    if (error != 0) fail_with(error, "posix_spawn");
    return pid;
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

// The reader of the file gets its own descriptor of it.
descriptor file_with(const std::string& text) {
  descriptor file(::memfd_create("tenure-start", MFD_CLOEXEC));
  if (file.get() < 0) fail_with(errno, "memfd_create");
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(file.get(), text.data() + done, text.size() - done);
    if (written <= 0) fail_with(errno, "write");
    done += static_cast<std::size_t>(written);
  }
  return file;
}

}  // namespace

/// A start: its bytes and its descriptors, which are copies.
class zygote_link::message {
 public:
  message(start_header header, std::string texts, std::vector<int> descriptors) {
    descriptors_.reserve(descriptors.size() + 1);
    for (const int fd : descriptors) descriptors_.emplace_back(copy_of(fd));
    bytes_.assign(reinterpret_cast<const char*>(&header), sizeof header);
    if (texts.size() <= longest_inline_text) {
      bytes_ += texts;
    } else {
      descriptors_.push_back(file_with(texts));
    }
  }

  /// Returns an errno.
  int send_to(int socket) const {
    alignas(cmsghdr) char control[CMSG_SPACE((request_descriptors + 1) * sizeof(int))] = {};
    const std::size_t size = descriptors_.size() * sizeof(int);
    iovec part{const_cast<char*>(bytes_.data()), bytes_.size()};
    msghdr envelope = {};
    envelope.msg_iov = &part;
    envelope.msg_iovlen = 1;
    envelope.msg_control = control;
    envelope.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const rights = CMSG_FIRSTHDR(&envelope);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(size);
    for (std::size_t i = 0; i < descriptors_.size(); ++i) {
      const int fd = descriptors_[i].get();
      std::memcpy(CMSG_DATA(rights) + i * sizeof fd, &fd, sizeof fd);
    }
    return ::sendmsg(socket, &envelope, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
  }

 private:
  std::string bytes_;
  std::vector<descriptor> descriptors_;
};

std::shared_ptr<zygote_link> zygote_link::open(asio::any_io_executor executor,
                                               const lease_table& leases,
                                               std::shared_ptr<log_sink> log) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    fail_with(errno, "socketpair");
  descriptor ours(ends[0]);
  const descriptor theirs(ends[1]);
  ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size);
  const descriptor high_socket(copy_of(theirs.get()));
  const descriptor high_leases(copy_of(leases.descriptor()));
  const pid_t pid = spawn_setup(high_socket.get(), high_leases.get()).start();
  auto made = std::make_shared<zygote_link>(executor, std::move(log), ours.release(), pid);
  return made;
}

zygote_link::zygote_link(asio::any_io_executor executor, std::shared_ptr<log_sink> log, int socket,
                         pid_t pid)
    : executor_(executor),
      log_(std::move(log)),
      socket_(executor, socket),
      pid_(pid),
      changed_(executor, time_point::max()) {}

void zygote_link::start(const invocation& what, std::uint32_t slot, std::uint32_t id, int control) {
  message m(header_of(what, id, slot), texts_of(what),
            {control, what.input, what.output, what.error});
  if (queue_.empty() && send(m)) return;
  queue_.push_back(std::move(m));
  if (queue_.size() == 1) asio::co_spawn(executor_, send_queue(), asio::detached);
}

// Whether the message is done: sent, or without a zygote to send it to. Then its control socket
// closes, and its command learns that it did not start.
bool zygote_link::send(const message& m) {
  if (dead_ || closed_) return true;
  const int error = m.send_to(socket_.native_handle());
  // ETOOMANYREFS: too many descriptors wait in sockets.
  return error != EAGAIN && error != ENOBUFS && error != ENOMEM && error != ETOOMANYREFS;
}

asio::awaitable<void> zygote_link::send_queue() {
  const auto self = shared_from_this();
  lease_timer pause(executor_);
  while (!queue_.empty()) {
    if (send(queue_.front())) {
      queue_.pop_front();
      continue;
    }
    pause.expires_after(1ms);
    co_await pause.async_wait(no_throw);
  }
}

// The socket of a zygote that dies closes before its children get their new parent. Only after it
// is reaped are they all children of this process.
asio::awaitable<bool> zygote_link::settle(std::uint32_t id) {
  const auto self = shared_from_this();
  while (!(dead_ && (reaped_ || closed_)) && settled_.count(id) == 0)
    co_await changed_.async_wait(no_throw);
  co_return settled_.erase(id) > 0;
}

void zygote_link::watch() {
  watched_ = true;
  if (dead_ || std::exchange(reading_, true)) return;
  asio::co_spawn(executor_, read(), asio::detached);
}

void zygote_link::unwatch() {
  watched_ = false;
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.cancel(ignored);
}

bool zygote_link::works() {
  if (dead_ || reading_) return !dead_;
  char any = 0;
  const ssize_t got =
      ::recv(socket_.native_handle(), &any, sizeof any, MSG_PEEK | MSG_DONTWAIT);
  const bool waits = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (got <= 0 && !waits) on_death();
  return !dead_;
}

asio::awaitable<void> zygote_link::read() {
  const auto self = shared_from_this();
  for (;;) {
    settled s;
    const auto buffer = asio::buffer(&s, sizeof s);
    const auto [error, size] = co_await socket_.async_read_some(buffer, no_throw);
    if (error == asio::error::operation_aborted && !closed_) {
      if (watched_) continue;
      break;
    }
    if (error || size != sizeof s) {
      on_death();
      break;
    }
    settled_.insert(s.id);
    changed_.cancel();
  }
  reading_ = false;
}

void zygote_link::on_death() {
  dead_ = true;
  changed_.cancel();
  if (closed_) return;
  log_->log(log_level::error, "zygote died",
            {log_field("zygote", pid_)});
  asio::co_spawn(executor_, reap(), asio::detached);
}

asio::awaitable<void> zygote_link::reap() {
  const auto self = shared_from_this();
  lease_timer pause(executor_);
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    pause.expires_after(5ms);
    co_await pause.async_wait(no_throw);
  }
  reaped_ = true;
  changed_.cancel();
}

void zygote_link::kill() noexcept {
  if (!dead_ && !closed_) ::kill(pid_, SIGKILL);
}

void zygote_link::close() {
  closed_ = true;
  changed_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  // It ends within a fraction of a millisecond if no guardian is left.
  for (int i = 0; !dead_ && i < 500 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) ::usleep(100);
}

}  // namespace tenure::command
