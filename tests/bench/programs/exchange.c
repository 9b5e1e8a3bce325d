// G1: put, get and release by a C caller. Reads "exchange COLUMNS COUNT" or "move COLUMNS COUNT" lines and
// answers each with COUNT durations in nanoseconds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zkarrow/zkarrow.h"

enum { MAX_COLUMNS = 100, ROWS = 1000, ARENAS = 4, MOVES_PER_SAMPLE = 1000 };

// What one table of the producer consists of. The previous table is still in the exchange while the next one is put,
// so there are a few of them, used in turn: the producer itself allocates nothing.
typedef struct {
  int columns;
  int given;
  const void* buffers[MAX_COLUMNS][2];
  struct ArrowArray arrays[MAX_COLUMNS];
  struct ArrowArray* array_children[MAX_COLUMNS];
  struct ArrowSchema schemas[MAX_COLUMNS];
  struct ArrowSchema* schema_children[MAX_COLUMNS];
} arena;

static arena arenas[ARENAS];
static int64_t values[ROWS];
static char names[MAX_COLUMNS][8];
static const void* no_buffers[1];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void release_array(struct ArrowArray* array) {
  for (int64_t i = 0; i < array->n_children; i++) {
    if (array->children[i]->release) array->children[i]->release(array->children[i]);
  }
  array->release = NULL;
}

static void release_schema(struct ArrowSchema* schema) {
  for (int64_t i = 0; i < schema->n_children; i++) {
    if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
  }
  schema->release = NULL;
}

static void release_stream(struct ArrowArrayStream* stream) { stream->release = NULL; }

static const char* last_error(struct ArrowArrayStream* stream) {
  (void)stream;
  return NULL;
}

static int get_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  arena* a = stream->private_data;
  for (int i = 0; i < a->columns; i++) {
    a->schemas[i] = (struct ArrowSchema){.format = "l", .name = names[i], .release = release_schema};
  }
  *out = (struct ArrowSchema){
      .format = "+s", .name = "", .n_children = a->columns, .children = a->schema_children, .release = release_schema};
  return 0;
}

static void fill(arena* a, struct ArrowArray* out) {
  for (int i = 0; i < a->columns; i++) {
    a->arrays[i] =
        (struct ArrowArray){.length = ROWS, .n_buffers = 2, .buffers = a->buffers[i], .release = release_array};
  }
  *out = (struct ArrowArray){.length = ROWS,
                             .n_buffers = 1,
                             .n_children = a->columns,
                             .buffers = no_buffers,
                             .children = a->array_children,
                             .release = release_array};
}

static int get_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  arena* a = stream->private_data;
  if (a->given) {
    out->release = NULL;
    return 0;
  }
  a->given = 1;
  fill(a, out);
  return 0;
}

static struct ArrowArrayStream produce(arena* a, int columns) {
  a->columns = columns;
  a->given = 0;
  return (struct ArrowArrayStream){get_schema, get_next, last_error, release_stream, a};
}

static void fail(const char* what) {
  fprintf(stderr, "exchange: %s failed\n", what);
  exit(1);
}

// One hand-over as two languages of a process do it: everything a consumer asks for, and every release.
static void exchange_once(arena* a, int columns) {
  struct ArrowArrayStream in = produce(a, columns), out;
  struct ArrowSchema schema;
  struct ArrowArray array, end;
  if (zka_exchange_put("bench", &in, NULL) != ZKA_OK) fail("zka_exchange_put");
  if (zka_exchange_get("bench", &out, NULL) != ZKA_OK) fail("zka_exchange_get");
  if (out.get_schema(&out, &schema) != 0) fail("get_schema");
  if (out.get_next(&out, &array) != 0) fail("get_next");
  if (out.get_next(&out, &end) != 0 || end.release) fail("the end of the stream");
  if (array.n_children != columns || array.children[columns - 1]->buffers[1] != values) fail("the comparison");
  array.release(&array);
  schema.release(&schema);
  out.release(&out);
}

// The least that any hand-over costs: both structs copied and the source marked as released.
static void move_many(int columns) {
  struct ArrowArrayStream in = produce(&arenas[0], columns);
  struct ArrowSchema schema[2];
  struct ArrowArray array[2];
  in.get_schema(&in, &schema[0]);
  fill(&arenas[0], &array[0]);
  for (int i = 0; i < MOVES_PER_SAMPLE; i++) {
    int from = i & 1;
    schema[!from] = schema[from];
    array[!from] = array[from];
    schema[from].release = NULL;
    array[from].release = NULL;
    // or the compiler would see that only the last one matters
    __asm__ volatile("" : : "r"(schema), "r"(array) : "memory");
  }
}

int main(void) {
  char what[16];
  int columns, count;
  for (int i = 0; i < MAX_COLUMNS; i++) snprintf(names[i], sizeof names[i], "c%d", i);
  for (int a = 0; a < ARENAS; a++) {
    for (int i = 0; i < MAX_COLUMNS; i++) {
      arenas[a].buffers[i][1] = values;
      arenas[a].array_children[i] = &arenas[a].arrays[i];
      arenas[a].schema_children[i] = &arenas[a].schemas[i];
    }
  }
  while (scanf("%15s %d %d", what, &columns, &count) == 3) {
    if (columns < 1 || columns > MAX_COLUMNS || count < 1) fail("the request");
    int64_t* durations = malloc((size_t)count * sizeof *durations);
    if (!durations) fail("malloc");
    int moves = strcmp(what, "move") == 0;
    for (int i = 0; i < count; i++) {
      int64_t start = now();
      if (moves)
        move_many(columns);
      else
        exchange_once(&arenas[i % ARENAS], columns);
      durations[i] = now() - start;
    }
    for (int i = 0; i < count; i++)
      printf("%lld ", (long long)(moves ? durations[i] * 1000 / MOVES_PER_SAMPLE : durations[i]));
    printf("\n");
    fflush(stdout);
    free(durations);
  }
  return 0;
}
