/*
 * The destructor of the PyCapsules that carry Arrow structs. Capsules also die while a Python exception is on its way,
 * which Python code run then would lose; so it is C, and sets the exception aside for whatever a release runs.
 */
#ifndef ZKCAPSULE_H
#define ZKCAPSULE_H

/* The functions of the running interpreter that the destructor needs, in this order. */
enum {
  ZKCAPSULE_GET_NAME,
  ZKCAPSULE_GET_POINTER,
  ZKCAPSULE_FETCH,
  ZKCAPSULE_RESTORE,
  ZKCAPSULE_FREE,
  ZKCAPSULE_FUNCTIONS
};

/* Keeps the functions and gives the destructor. Any thread, once before the first capsule. */
void* zkcapsule_destructor(void* const* python);

#endif /* ZKCAPSULE_H */
