/*
 * After fork() the child gets ZKA_FORKED from every call that can say so, and none hangs; what was mapped stays
 * readable; the parent goes on. Before the first call a fork is free.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zkarrow/zkarrow.h>

#include "fail.h"
#include "table.h"

enum { CHILD_DEADLINE_MS = 20000 };

/* Waits for a child, which must exit with 0 before the deadline. */
static void expect_success(pid_t child) {
  const struct timespec pause = {0, 10 * 1000 * 1000};
  int status = 0;
  REQUIRE(child > 0);
  for (int waited = 0; waitpid(child, &status, WNOHANG) == 0; waited += 10) {
    if (waited > CHILD_DEADLINE_MS) {
      kill(child, SIGKILL);
      fputs("the child hung\n", stderr);
      exit(1);
    }
    nanosleep(&pause, NULL);
  }
  REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void in_child(zka_cancel* cancel, struct ArrowArray* held) {
  zka_error error = ZKA_ERROR_INIT;
  zka_counters counts = ZKA_COUNTERS_INIT;
  zka_client* client = (zka_client*)1;
  zka_cancel* another = (zka_cancel*)1;
  struct ArrowArrayStream stream, out;

  REQUIRE(zka_cancel_create(&another, &error) == ZKA_FORKED);
  REQUIRE(another == NULL);
  REQUIRE(error.status == ZKA_FORKED && error.message != NULL && strlen(error.message) > 10);
  REQUIRE(zka_cancel_fire(cancel) == ZKA_FORKED);
  REQUIRE(zka_client_open("zk://127.0.0.1:1", NULL, -1, NULL, &client, &error) == ZKA_FORKED);
  REQUIRE(client == NULL);
  REQUIRE(zka_client_state((zka_client*)cancel, &(int32_t){0}, &error) == ZKA_FORKED);
  REQUIRE(zka_exchange_get("t", &out, &error) == ZKA_FORKED);
  table_stream(&stream);
  REQUIRE(zka_echo_stream(&stream, &out, &error) == ZKA_FORKED);
  REQUIRE(stream.release != NULL);
  stream.release(&stream);
  REQUIRE(zka__counters(&counts, &error) == ZKA_FORKED);
  REQUIRE(zka_abi_version() == ZKA_ABI_VERSION);
  REQUIRE(strcmp(zka_status_name(ZKA_FORKED), "ZKA_FORKED") == 0);
  REQUIRE(((const int64_t*)held->children[0]->buffers[1])[0] == 1);
  if (error.release != NULL) error.release(&error);
}

int main(void) {
  zka_cancel* cancel;
  struct ArrowArrayStream stream, out;
  struct ArrowArray held;

  pid_t child = fork();
  if (child == 0) {
    /* the library was not used yet, so it is this process's own */
    table_stream(&stream);
    REQUIRE(zka_echo_stream(&stream, &out, NULL) == ZKA_OK);
    out.release(&out);
    _exit(0);
  }
  expect_success(child);

  REQUIRE(zka_cancel_create(&cancel, NULL) == ZKA_OK);
  table_stream(&stream);
  REQUIRE(zka_exchange_put("t", &stream, NULL) == ZKA_OK);
  REQUIRE(zka_exchange_get("t", &out, NULL) == ZKA_OK);
  REQUIRE(out.get_next(&out, &held) == 0 && held.release != NULL);
  out.release(&out);

  for (int i = 0; i < 3; ++i) {
    child = fork();
    if (child == 0) {
      in_child(cancel, &held);
      _exit(0);
    }
    expect_success(child);
  }

  REQUIRE(zka_exchange_get("t", &out, NULL) == ZKA_OK);
  out.release(&out);
  held.release(&held);
  REQUIRE(zka_cancel_fire(cancel) == ZKA_OK);
  zka_cancel_free(cancel);
  return 0;
}
