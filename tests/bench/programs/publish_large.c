// G3: a publish that copies once, and the limits of copying. publish_large URL DATA_DIRECTORY reads lines
// "publish|turn|memcpy|nontemporal BYTES COUNT" and answers each with COUNT durations in nanoseconds. A turn is a
// publish and the drop of the version before it; a publish is timed without that drop, which is done all the same.
#include <emmintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "zkarrow/zkarrow.h"

enum { COLUMNS = 8, CALL_MS = 60000 };

static char* source;
static char* target;
static int64_t bytes;
static zka_client* client;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void release_schema(struct ArrowSchema* schema) { schema->release = NULL; }
static void release_array(struct ArrowArray* array) { array->release = NULL; }
static void release_stream(struct ArrowArrayStream* stream) { stream->release = NULL; }

static const char* last_error(struct ArrowArrayStream* stream) {
  (void)stream;
  return NULL;
}

static int get_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  static const char* const names[COLUMNS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  static struct ArrowSchema fields[COLUMNS];
  static struct ArrowSchema* children[COLUMNS];
  (void)stream;
  for (int i = 0; i < COLUMNS; i++) {
    fields[i] = (struct ArrowSchema){.format = "g", .name = names[i], .release = release_schema};
    children[i] = &fields[i];
  }
  *out = (struct ArrowSchema){
      .format = "+s", .name = "", .n_children = COLUMNS, .children = children, .release = release_schema};
  return 0;
}

static int get_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  static struct ArrowArray columns[COLUMNS];
  static struct ArrowArray* children[COLUMNS];
  static const void* buffers[COLUMNS][2];
  static const void* none[1];
  int* given = stream->private_data;
  memset(out, 0, sizeof(*out));
  if (*given) return 0;
  *given = 1;
  int64_t rows = bytes / COLUMNS / 8;
  for (int i = 0; i < COLUMNS; i++) {
    buffers[i][1] = source + i * rows * 8;
    columns[i] = (struct ArrowArray){.length = rows, .n_buffers = 2, .buffers = buffers[i], .release = release_array};
    children[i] = &columns[i];
  }
  *out = (struct ArrowArray){.length = rows,
                             .n_buffers = 1,
                             .buffers = none,
                             .n_children = COLUMNS,
                             .children = children,
                             .release = release_array};
  return 0;
}

static void check(zka_status status, const zka_error* error) {
  if (status == ZKA_OK) return;
  fprintf(stderr, "%s: %s\n", zka_status_name(status), error->message ? error->message : "");
  exit(1);
}

// how long it took, with the drop or without
static int64_t publish(const char* name, int with_drop) {
  zka_error error = ZKA_ERROR_INIT;
  zka_publish_options options = ZKA_PUBLISH_OPTIONS_INIT;
  options.residency = ZKA_RESIDENCY_HOST;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  int given = 0;
  struct ArrowArrayStream stream = {get_schema, get_next, last_error, release_stream, &given};
  int64_t start = now();
  check(zka_dataset_publish(client, name, &stream, &options, CALL_MS, NULL, &version, &error), &error);
  int64_t published = now();
  if (version.number > 1) check(zka_dataset_drop(client, name, version.number - 1, CALL_MS, NULL, &error), &error);
  return (with_drop ? now() : published) - start;
}

static int64_t copy(int non_temporal) {
  int64_t start = now();
  if (!non_temporal) {
    memcpy(target, source, (size_t)bytes);
  } else {
    const __m128i* from = (const __m128i*)source;
    __m128i* to = (__m128i*)target;
    for (int64_t i = 0; i < bytes / 16; i += 4) {
      __m128i a = _mm_load_si128(from + i), b = _mm_load_si128(from + i + 1);
      __m128i c = _mm_load_si128(from + i + 2), d = _mm_load_si128(from + i + 3);
      _mm_stream_si128(to + i, a);
      _mm_stream_si128(to + i + 1, b);
      _mm_stream_si128(to + i + 2, c);
      _mm_stream_si128(to + i + 3, d);
    }
    _mm_sfence();
  }
  return now() - start;
}

// memory of the kind that a segment is: shared, with its pages there
static char* map(int64_t length) {
  char* start = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (start == MAP_FAILED) exit(1);
  return start;
}

static void prepare(int64_t length) {
  static int64_t room;
  bytes = length;
  if (length <= room) return;
  if (room) {
    munmap(source, (size_t)room);
    munmap(target, (size_t)room);
  }
  room = length;
  source = map(length);
  target = map(length);
  for (int64_t i = 0; i < length / 8; i++) ((double*)source)[i] = (double)i;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  zka_error error = ZKA_ERROR_INIT;
  zka_client_options options = ZKA_CLIENT_OPTIONS_INIT;
  options.data_dir = argv[2];
  check(zka_client_open(argv[1], &options, CALL_MS, NULL, &client, &error), &error);
  char what[16];
  long long length;
  int count;
  while (scanf("%15s %lld %d", what, &length, &count) == 3) {
    char name[32];
    snprintf(name, sizeof(name), "%lld", length);
    prepare(length);
    for (int i = 0; i < count; i++) {
      int64_t took = what[0] == 'p' ? publish(name, 0) : what[0] == 't' ? publish(name, 1) : copy(what[0] == 'n');
      printf("%lld%c", (long long)took, i == count - 1 ? '\n' : ' ');
    }
    fflush(stdout);
  }
  zka_client_close(client);
  return 0;
}
