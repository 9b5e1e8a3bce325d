// The libFuzzer side of SharpFuzz: starts the .NET process named on the command line, hands it every input through
// shared memory, and gives its edge counters to libFuzzer. SharpFuzz fixes the layout: 64 KiB of counters, then the
// input; a length goes in by one pipe, a status comes back by another, and a first status says that it is ready.
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

// libFuzzer finds them by their section; with internal linkage the compiler would see that nobody reads them
__attribute__((section("__libfuzzer_extra_counters"))) uint8_t counters[1 << 16];

namespace {

constexpr size_t kCounters = sizeof counters;
constexpr size_t kMaxInput = 1 << 20;

uint8_t* shared;
int to_child;
int from_child;

[[noreturn]] void Die(const char* what) {
  perror(what);
  _exit(2);
}

// The fuzzer's own alarm interrupts both; four bytes come or go as one.
bool Receive(int32_t* status) {
  ssize_t done;
  do done = read(from_child, status, sizeof *status);
  while (done < 0 && errno == EINTR);
  return done == sizeof *status;
}

bool Send(int32_t length) {
  ssize_t done;
  do done = write(to_child, &length, sizeof length);
  while (done < 0 && errno == EINTR);
  return done == sizeof length;
}

void StartChild(const char* const* command) {
  int id = shmget(IPC_PRIVATE, kCounters + kMaxInput, IPC_CREAT | IPC_EXCL | 0600);
  if (id < 0) Die("shmget");
  shared = static_cast<uint8_t*>(shmat(id, nullptr, 0));
  int in[2], out[2];
  if (shared == reinterpret_cast<uint8_t*>(-1) || pipe(in) != 0 || pipe(out) != 0) Die("shmat or pipe");
  pid_t child = fork();
  if (child < 0) Die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("__LIBFUZZER_SHM_ID", std::to_string(id).c_str(), 1);
    setenv("__LIBFUZZER_CONTROL_PIPE_ID", std::to_string(in[0]).c_str(), 1);
    setenv("__LIBFUZZER_STATUS_PIPE_ID", std::to_string(out[1]).c_str(), 1);
    close(in[1]);
    close(out[0]);
    execvp(command[0], const_cast<char* const*>(command));
    Die(command[0]);
  }
  close(in[0]);
  close(out[1]);
  to_child = in[1];
  from_child = out[0];
  int32_t ready;
  bool is_ready = Receive(&ready) && ready == 0;
  shmctl(id, IPC_RMID, nullptr);  // it goes with the last process that has it
  if (!is_ready) Die("the fuzzed process did not become ready");
}

}  // namespace

// What follows "--" on the command line is the command of the fuzzed process.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  signal(SIGPIPE, SIG_IGN);
  for (int i = 1; i < *argc; i++) {
    if (strcmp((*argv)[i], "--") != 0 || i + 1 == *argc) continue;
    StartChild(*argv + i + 1);
    *argc = i;
    (*argv)[i] = nullptr;
    return 0;
  }
  fprintf(stderr, "usage: driver [options of libFuzzer] [folders] -- command of the fuzzed process\n");
  exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMaxInput) return -1;
  memset(shared, 0, kCounters);
  memcpy(shared + kCounters, data, size);
  int32_t status = -1;
  bool answered = Send(static_cast<int32_t>(size)) && Receive(&status);
  memcpy(counters, shared, kCounters);
  if (!answered || status != 0) abort();  // it threw, and printed what; or it is gone
  return 0;
}
