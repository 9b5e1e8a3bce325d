/* Many calls across the boundary, failing ones too: everything is back where it was, and memory does not grow. many
 * CALLS */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zkarrow/zkarrow.h>

#include "fail.h"
#include "table.h"

/* One round is ten calls: a table goes in and out, a column outlives its batch, handles come and go, a name is not
 * there. */
enum { CALLS_OF_A_ROUND = 10, GROWTH_MAX_KB = 4 * 1024 };

static void round_of_calls(void) {
  struct ArrowArrayStream stream, none;
  struct ArrowSchema schema;
  struct ArrowArray batch, column;
  zka_cancel* cancel;
  zka_error error = ZKA_ERROR_INIT;
  table_stream(&stream);
  REQUIRE(zka_exchange_put("many", &stream, NULL) == ZKA_OK);
  REQUIRE(zka_exchange_get("many", &stream, NULL) == ZKA_OK);
  REQUIRE(stream.get_schema(&stream, &schema) == 0);
  REQUIRE(stream.get_next(&stream, &batch) == 0 && batch.length == 3);
  column = *batch.children[0];
  batch.children[0]->release = NULL;
  batch.release(&batch);
  stream.release(&stream);
  schema.release(&schema);
  REQUIRE(((const int64_t*)column.buffers[1])[2] == 3);
  column.release(&column);
  REQUIRE(zka_cancel_create(&cancel, NULL) == ZKA_OK);
  zka_cancel_free(cancel);
  REQUIRE(zka_exchange_get("not there", &none, &error) == ZKA_NOT_FOUND);
  REQUIRE(none.release == NULL && error.message != NULL);
  error.release(&error);
  REQUIRE(zka_exchange_remove("many", NULL) == ZKA_OK);
  zka_client_close(NULL);
}

static long resident_kb(void) {
  long pages = 0, resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  REQUIRE(file != NULL && fscanf(file, "%ld %ld", &pages, &resident) == 2);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char** argv) {
  zka_counters before = ZKA_COUNTERS_INIT, after = ZKA_COUNTERS_INIT;
  REQUIRE(argc == 2);
  const long rounds = atol(argv[1]) / CALLS_OF_A_ROUND;
  REQUIRE(rounds > 1000);
  for (long i = 0; i < rounds / 2; ++i) round_of_calls(); /* the heap of the runtime reaches its size */
  REQUIRE(zka__counters(&before, NULL) == ZKA_OK);
  const long kb = resident_kb();
  for (long i = rounds / 2; i < rounds; ++i) round_of_calls();
  REQUIRE(zka__counters(&after, NULL) == ZKA_OK);
  REQUIRE(memcmp(&before, &after, sizeof before) == 0 && table_alive() == 0);
  printf("%ld calls, %ld KB more in the second half\n", rounds * CALLS_OF_A_ROUND, resident_kb() - kb);
  REQUIRE(resident_kb() - kb < GROWTH_MAX_KB);
  return 0;
}
