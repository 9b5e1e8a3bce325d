/* A table of one batch, { x: [1, 2, 3] }, and ways to spoil it. */
#ifndef ABI_TABLE_H
#define ABI_TABLE_H

#include <zkarrow/zkarrow.h>

/* Fills a stream that owns what it gives. */
void table_stream(struct ArrowArrayStream* out);

/* The same, whose get_next fails with errno 5 and "disk on fire" after one batch. */
void failing_stream(struct ArrowArrayStream* out);

/* The same, whose get_schema fails and has no text. */
void schemaless_stream(struct ArrowArrayStream* out);

/* The same, which says one thing of its batch and gives another: each `how` in its own way, below SPOILED_COUNT. */
void spoiled_stream(struct ArrowArrayStream* out, int how);
enum { SPOILED_COUNT = 12 };

/* How many structs made here are not released yet. */
int table_alive(void);

#endif
