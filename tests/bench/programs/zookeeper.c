// The official C client in G6: keeps a number of requests in flight for a while, through its asynchronous interface.
//
//   zookeeper HOST:PORT
//
// Each line of the input is "get|set|multi REQUESTS_IN_FLIGHT MILLISECONDS"; it is answered with the nanoseconds all
// of it took and then those of each request. The next request is sent by the completion of the one before it, which
// spares this client a change of threads for each.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

enum { MAX_IN_FLIGHT = 1024, MAX_DONE = 1 << 21, CONNECT_DEADLINE_S = 30, VALUE_BYTES = 100 };

struct slot {
  int64_t start;
  zoo_op_result_t results[2];
};

typedef int send_function(struct slot*);

static zhandle_t* handle;
static struct slot slots[MAX_IN_FLIGHT];
static int64_t* durations;
static send_function* send_next;
static char value[VALUE_BYTES];
static zoo_op_t operations[2];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected;
static int in_flight;
static int done;
static int64_t deadline;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void stop(const char* what, int code) {
  fprintf(stderr, "zookeeper: %s: %s\n", what, zerror(code));
  exit(1);
}

static void watch(zhandle_t* zh, int type, int state, const char* path, void* context) {
  (void)zh, (void)path, (void)context;
  if (type != ZOO_SESSION_EVENT || state != ZOO_CONNECTED_STATE) return;
  pthread_mutex_lock(&lock);
  connected = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
}

// Only the client's one completion thread comes here, so `done` needs no lock.
static void completed(int code, struct slot* slot) {
  int64_t end = now();
  if (code != ZOK) stop("a request failed; see what the server's log says", code);
  durations[done++] = end - slot->start;
  if (end < deadline && done < MAX_DONE - MAX_IN_FLIGHT) {
    slot->start = now();
    code = send_next(slot);
    if (code != ZOK) stop("a request could not be sent", code);
    return;
  }
  pthread_mutex_lock(&lock);
  if (--in_flight == 0) pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
}

static void got(int code, const char* data, int length, const struct Stat* stat, const void* slot) {
  (void)data, (void)length, (void)stat;
  completed(code, (struct slot*)slot);
}

static void was_set(int code, const struct Stat* stat, const void* slot) {
  (void)stat;
  completed(code, (struct slot*)slot);
}

static void was_done(int code, const void* slot) { completed(code, (struct slot*)slot); }

static int send_get(struct slot* slot) { return zoo_aget(handle, "/small", 0, got, slot); }

static int send_set(struct slot* slot) { return zoo_aset(handle, "/small", value, VALUE_BYTES, -1, was_set, slot); }

static int send_multi(struct slot* slot) { return zoo_amulti(handle, 2, operations, slot->results, was_done, slot); }

static void run(const char* what, int callers, int milliseconds) {
  send_next = strcmp(what, "get") == 0 ? send_get : strcmp(what, "set") == 0 ? send_set : send_multi;
  done = 0;
  in_flight = callers;
  int64_t start = now();
  deadline = start + milliseconds * INT64_C(1000000);
  for (int i = 0; i < callers; i++) {
    slots[i].start = now();
    int code = send_next(&slots[i]);
    if (code != ZOK) stop("a request could not be sent", code);
  }
  pthread_mutex_lock(&lock);
  while (in_flight > 0) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  printf("%lld", (long long)(now() - start));
  for (int i = 0; i < done; i++) printf(" %lld", (long long)durations[i]);
  printf("\n");
  fflush(stdout);
}

int main(int count, char** arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: zookeeper HOST:PORT\n");
    return 2;
  }
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  durations = malloc(MAX_DONE * sizeof *durations);
  memset(durations, 0, MAX_DONE * sizeof *durations);
  static struct Stat ignored;
  zoo_check_op_init(&operations[0], "/empty", 0);
  zoo_set_op_init(&operations[1], "/small", value, VALUE_BYTES, -1, &ignored);

  handle = zookeeper_init(arguments[1], watch, 30000, NULL, NULL, 0);
  if (handle == NULL) stop("no handle was given", ZSYSTEMERROR);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += CONNECT_DEADLINE_S;
  pthread_mutex_lock(&lock);
  while (!connected)
    if (pthread_cond_timedwait(&changed, &lock, &until) != 0) stop("no session was made", ZOPERATIONTIMEOUT);
  pthread_mutex_unlock(&lock);

  char what[8];
  int callers, milliseconds;
  while (scanf("%7s %d %d", what, &callers, &milliseconds) == 3) {
    if (callers < 1 || callers > MAX_IN_FLIGHT) stop("1 to 1024 requests can be in flight", ZBADARGUMENTS);
    run(what, callers, milliseconds);
  }
  zookeeper_close(handle);
  return 0;
}
