/*
 * Whatever the library hands out may be released on any thread: threads take streams of one table, move columns out of
 * their arrays, and swap what they hold, so that most is released by a thread that did not take it, the table itself
 * included.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <string.h>
#include <zkarrow/zkarrow.h>

#include "fail.h"
#include "table.h"

enum { THREADS = 8, ROUNDS = 500, SLOTS = 16 };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct ArrowArray shelf[SLOTS];

static void release(struct ArrowArray* array) {
  if (array->release != NULL) array->release(array);
}

/* Puts an array on the shelf; what was there is the caller's. */
static void swap(int slot, struct ArrowArray* array) {
  REQUIRE(pthread_mutex_lock(&gate) == 0);
  const struct ArrowArray other = shelf[slot];
  shelf[slot] = *array;
  *array = other;
  REQUIRE(pthread_mutex_unlock(&gate) == 0);
}

static void* work(void* argument) {
  const int seed = *(const int*)argument;
  for (int round = 0; round < ROUNDS; ++round) {
    struct ArrowArrayStream stream;
    struct ArrowArray batch, column;
    REQUIRE(zka_exchange_get("shared", &stream, NULL) == ZKA_OK);
    REQUIRE(stream.get_next(&stream, &batch) == 0 && batch.length == 3);
    column = *batch.children[0];
    batch.children[0]->release = NULL;
    REQUIRE(((const int64_t*)column.buffers[1])[2] == 3);
    swap((seed + round) % SLOTS, &column);
    swap((seed * 5 + round * 3) % SLOTS, &batch);
    stream.release(&stream);
    release(&column);
    release(&batch);
  }
  return NULL;
}

static void* clear(void* argument) {
  (void)argument;
  for (int slot = 0; slot < SLOTS; ++slot) {
    struct ArrowArray array;
    memset(&array, 0, sizeof(array));
    swap(slot, &array);
    release(&array);
  }
  return NULL;
}

int main(void) {
  zka_counters before = ZKA_COUNTERS_INIT, after = ZKA_COUNTERS_INIT;
  struct ArrowArrayStream table;
  pthread_t threads[THREADS];
  int seeds[THREADS];
  REQUIRE(zka__counters(&before, NULL) == ZKA_OK);
  table_stream(&table);
  REQUIRE(zka_exchange_put("shared", &table, NULL) == ZKA_OK);
  for (int i = 0; i < THREADS; ++i) {
    seeds[i] = i;
    REQUIRE(pthread_create(&threads[i], NULL, work, &seeds[i]) == 0);
  }
  for (int i = 0; i < THREADS; ++i) REQUIRE(pthread_join(threads[i], NULL) == 0);
  REQUIRE(zka_exchange_remove("shared", NULL) == ZKA_OK);
  REQUIRE(table_alive() > 0);
  for (int i = 0; i < THREADS; ++i) REQUIRE(pthread_create(&threads[i], NULL, clear, NULL) == 0);
  for (int i = 0; i < THREADS; ++i) REQUIRE(pthread_join(threads[i], NULL) == 0);
  REQUIRE(table_alive() == 0);
  REQUIRE(zka__counters(&after, NULL) == ZKA_OK);
  REQUIRE(memcmp(&before, &after, sizeof(before)) == 0);
  return 0;
}
