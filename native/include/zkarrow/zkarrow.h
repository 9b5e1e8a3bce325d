/**
 * \file zkarrow.h
 *
 * ZkArrow shares named, versioned Apache Arrow tables between the processes of a host with no copy;
 * ZooKeeper decides which version is current. This header is the only contract of the bindings and
 * depends on nothing but the Arrow C structs.
 *
 * Three kinds of object: a \ref zka_client is an open connection to one namespace; a \ref zka_table
 * is a reader's hold on one version; everything that carries data is an Arrow C struct.
 *
 * Rules that hold for every function:
 *
 * - Status. A function that can fail returns a \ref zka_status, 0 being \ref ZKA_OK, and describes the
 *   failure in its last argument, which may be NULL.
 * - Outputs are zeroed on entry and stay zero on failure.
 * - Arrow structs passed in are consumed (their `release` becomes NULL) only when ZKA_OK is returned;
 *   on any other status the caller still owns them and must release them. Those passed as `const` are
 *   read during the call and stay the caller's.
 * - Handles that are NULL, closed, or of another kind give ZKA_INVALID_HANDLE, never a crash.
 * - Waiting. Every call that can wait takes `timeout_ms` (-1 = until cancelled, 0 = do not wait) and a
 *   `cancel` handle, which may be NULL and may be fired from any thread.
 * - Strings are UTF-8 and NUL-terminated. Strings passed in are copied before the call returns.
 * - Structs that may grow begin with `struct_size`; initialise them with their `..._INIT`.
 * - Lists come back as an ArrowArrayStream, one format for all languages.
 *
 * Rules of the process:
 *
 * - The library cannot be unloaded; dlclose() keeps it mapped.
 * - After fork() every call in the child returns ZKA_FORKED. Start children with exec, or fork before
 *   the first call. Buffers already mapped stay readable in the child.
 * - The first call installs handlers for SIGFPE, SIGSEGV and real-time signal 34, each chaining to the
 *   previous one, and ignores SIGPIPE. SIGINT, SIGTERM and SIGCHLD are left alone.
 * - Opening a client installs a handler for SIGBUS as well, on the thread's signal stack where it has one. When
 *   another process truncates a file that is mapped, its lost bytes read as zeros, and the next call on the
 *   table, on a stream of it or on its version gives ZKA_CORRUPT (`get_next`: EIO). Every other SIGBUS goes to
 *   the handler that was there before, or ends the process as it did. A handler that is installed later sees
 *   such a fault first; when it puts the previous handler back and raises, as Python's faulthandler does, it
 *   reports, and the process lives. A thread that blocks SIGBUS is not guarded.
 * - Never load this library into a .NET process: .NET applications use the `ZkArrow` package.
 */
#ifndef ZKARROW_ZKARROW_H
#define ZKARROW_ZKARROW_H

#include <stddef.h>
#include <stdint.h>

#include "arrow_c_data.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ZKA_API __attribute__((visibility("default")))
#define ZKA_NODISCARD __attribute__((warn_unused_result))
#else
#define ZKA_API
#define ZKA_NODISCARD
#endif

/** \defgroup version Version
 * @{ */

#define ZKA_VERSION_MAJOR 0
#define ZKA_VERSION_MINOR 1
#define ZKA_VERSION_PATCH 0

/** Changes when a program built against an older header can no longer run. */
#define ZKA_ABI_VERSION 0

/**
 * \brief The ABI version of the loaded library, to be compared with \ref ZKA_ABI_VERSION.
 * \return the version.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API uint32_t zka_abi_version(void);

/**
 * \brief The version of the loaded library, such as "0.1.0".
 * \return a string.
 * \par Ownership
 * The string is static; never free it.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API const char* zka_version_string(void);

/** @} */

/** \defgroup status Status and error
 * @{ */

/** How a call ended. Values are only ever added. */
typedef int32_t zka_status;

/** It was done. */
#define ZKA_OK 0
/** An argument was refused; nothing was done. */
#define ZKA_INVALID_ARGUMENT 1
/** A handle was NULL, closed or of another kind. */
#define ZKA_INVALID_HANDLE 2
/** The dataset or the version does not exist. */
#define ZKA_NOT_FOUND 3
/** The dataset exists and was expected not to. */
#define ZKA_ALREADY_EXISTS 4
/** Another writer published first; the message names it. */
#define ZKA_CONFLICT 5
/** The dataset has an owner, and it is somebody else. */
#define ZKA_NOT_OWNER 6
/** Ownership was taken over by a later epoch. */
#define ZKA_FENCED 7
/** The schema is not the one required, or a batch does not fit its schema. */
#define ZKA_SCHEMA_MISMATCH 8
/** The version exists, but its bytes are on another host. */
#define ZKA_NOT_RESIDENT 9
/** The version is recorded, but its bytes are gone. */
#define ZKA_DATA_LOST 10
/** Bytes were found that are not what was written. */
#define ZKA_CORRUPT 11
/** The data directory is full. */
#define ZKA_NO_SPACE 12
/** A limit was exceeded; the message names it. */
#define ZKA_TOO_LARGE 13
/** The deadline passed. */
#define ZKA_TIMEOUT 14
/** The call was cancelled. */
#define ZKA_CANCELLED 15
/** The coordinator could not be reached before the deadline. */
#define ZKA_UNAVAILABLE 16
/** The session ended before the operation was decided. */
#define ZKA_SESSION_EXPIRED 17
/** The credentials were refused. */
#define ZKA_UNAUTHENTICATED 18
/** The access rights do not allow it. */
#define ZKA_PERMISSION_DENIED 19
/** It is valid, but this version of ZkArrow cannot do it. */
#define ZKA_UNSUPPORTED 20
/** The process was forked after the library was used. */
#define ZKA_FORKED 21
/** The object is in use. */
#define ZKA_BUSY 22
/** A defect in ZkArrow. */
#define ZKA_INTERNAL 23

/**
 * \brief The name of a status, such as "ZKA_NOT_FOUND"; "ZKA_UNKNOWN" for a value this library does not know.
 * \param status any value.
 * \return a string.
 * \par Ownership
 * The string is static; never free it.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API const char* zka_status_name(zka_status status);

/** Flag of zka_error: the same call may succeed later with no change by the caller. */
#define ZKA_ERROR_RETRYABLE 1u
/** Flag of zka_error: the operation may have been applied although it is reported as failed. */
#define ZKA_ERROR_OUTCOME_UNKNOWN 2u

/** What went wrong. Owned by the caller, initialised with \ref ZKA_ERROR_INIT, freed by its `release`. */
typedef struct zka_error {
  uint32_t struct_size;               /**< sizeof(zka_error) */
  zka_status status;                  /**< what the call returned */
  int32_t keeper_code;                /**< the ZooKeeper code behind it (such as -103), or 0 */
  uint32_t flags;                     /**< ZKA_ERROR_... */
  char* message;                      /**< one line of UTF-8; NULL when there is none */
  void (*release)(struct zka_error*); /**< frees `message` and sets both to NULL; NULL when there is nothing to free */
  void* private_data;
} zka_error;

/** Initialises a zka_error. A used one may be passed again: the library releases its content first. */
#define ZKA_ERROR_INIT \
  { sizeof(zka_error), ZKA_OK, 0, 0u, NULL, NULL, NULL }

/** @} */

/** \defgroup log Log
 * @{ */

#define ZKA_LOG_DEBUG 1
#define ZKA_LOG_INFO 2
#define ZKA_LOG_WARNING 3
#define ZKA_LOG_ERROR 4

/** Receives one log line. Runs on a thread of the library; must not call the library, block or throw. */
typedef void (*zka_log_callback)(void* payload, int32_t level, const char* message);

/**
 * \brief Sends the library's log lines of `level` and above to `callback`, for clients opened afterwards.
 * \param callback the receiver; NULL switches logging off.
 * \param payload passed to every call.
 * \param level ZKA_LOG_...
 * \par Ownership
 * `payload` stays the caller's and must live until the process ends or another callback is set and every
 * client opened before that is closed. `message` is valid during the call only.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API void zka_set_log_callback(zka_log_callback callback, void* payload, int32_t level);

/** @} */

/** \defgroup cancel Cancel
 * @{ */

/** A flag that ends waiting calls; one may serve any number of calls at a time. */
typedef struct zka_cancel zka_cancel;

/**
 * \brief Makes a cancel handle.
 * \param[out] out the handle.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_FORKED.
 * \par Ownership
 * The caller frees it with zka_cancel_free().
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_cancel_create(zka_cancel** out, zka_error* error);

/**
 * \brief Ends the calls that wait with this handle, and those that will, with ZKA_CANCELLED. Cancelling stops the
 * waiting and undoes nothing: a publish that was already sent may have been applied, which its error flags tell.
 * \param cancel the handle.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread, at any time before zka_cancel_free().
 * \since 0.1
 */
ZKA_API zka_status zka_cancel_fire(zka_cancel* cancel);

/**
 * \brief Frees a cancel handle. Calls that still wait with it go on, and can no longer be cancelled.
 * \param cancel the handle; NULL does nothing.
 * \par Ownership
 * The handle is gone.
 * \par Thread safety
 * Any thread, once per handle.
 * \since 0.1
 */
ZKA_API void zka_cancel_free(zka_cancel* cancel);

/** @} */

/** \defgroup client Client
 * @{ */

/** An open connection to one namespace: a coordinator plus a data directory. */
typedef struct zka_client zka_client;

/** How to open a client. */
typedef struct zka_client_options {
  uint32_t struct_size;       /**< sizeof(zka_client_options) */
  int32_t session_timeout_ms; /**< asked session timeout; 0 = 10,000. The server clamps it. */
  const char* data_dir;       /**< the data directory; NULL = the host's default for this namespace */
  const char* auth;           /**< "digest:user:password"; NULL = none. Never logged. */
  int64_t inline_max;   /**< tables up to this many bytes are kept in the coordinator; -1 = 65,536; at most 524,288 */
  const char* code_tag; /**< what this program calls itself, recorded with each version it publishes; NULL = nothing */
  const char* disk_dir; /**< the disk directory, for versions with ZKA_RESIDENCY_DISK; NULL = none. Any number of
                             namespaces may share it. */
  int64_t space_limit;  /**< bytes that the data directory may hold, as this client counts before it adds to it; 0 = as
                             many as its file system has room for */
} zka_client_options;

#define ZKA_CLIENT_OPTIONS_INIT \
  { sizeof(zka_client_options), 0, NULL, NULL, -1, NULL, NULL, 0 }

/** The client works. */
#define ZKA_CLIENT_CONNECTED 1
/** The connection is lost; the session may still live. */
#define ZKA_CLIENT_SUSPENDED 2
/** The session is lost; a new one is being made. */
#define ZKA_CLIENT_LOST 3
/** The client is closed. */
#define ZKA_CLIENT_CLOSED 4

/**
 * \brief Opens a client and waits until it is connected.
 * \param url "zk://host:port,host:port/chroot", or "local:/path" for the embedded coordinator of this host.
 * \param options may be NULL.
 * \param timeout_ms how long to wait for the first connection.
 * \param cancel may be NULL.
 * \param[out] out the client.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_UNAVAILABLE, ZKA_UNAUTHENTICATED, ZKA_PERMISSION_DENIED,
 * ZKA_UNSUPPORTED (another format version), ZKA_NO_SPACE, ZKA_CORRUPT (an embedded one), ZKA_CANCELLED, ZKA_FORKED.
 * \par Ownership
 * The caller closes it with zka_client_close().
 * \par Thread safety
 * Any thread. The client may be used by any number of threads at once.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_client_open(const char* url, const zka_client_options* options, int64_t timeout_ms,
                                                 zka_cancel* cancel, zka_client** out, zka_error* error);

/**
 * \brief Closes a client and ends its session. Calls that wait on it end with ZKA_INVALID_HANDLE. Tables read through
 * it, and every buffer taken from them, stay valid.
 * \param client the client; NULL does nothing.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The handle is gone.
 * \par Thread safety
 * Any thread, once per handle; a call after it gives ZKA_INVALID_HANDLE.
 * \since 0.1
 */
ZKA_API zka_status zka_client_close(zka_client* client);

/**
 * \brief The state of the connection, one of ZKA_CLIENT_...
 * \param client the client.
 * \param[out] out the state.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_client_state(zka_client* client, int32_t* out, zka_error* error);

/**
 * \brief Changes an option of an open client. Known keys: "inline_max" (bytes).
 * \param client the client.
 * \param key the option.
 * \param value its value as text.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND (no such option), ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_client_set_option(zka_client* client, const char* key, const char* value,
                                                       zka_error* error);

/** @} */

/** \defgroup exchange Exchange
 * The bare hand-off between the languages of one process: no coordinator, no copy, every Arrow type.
 * @{ */

/**
 * \brief Keeps a table under a name in this process, replacing what was there.
 * \param name any non-empty string.
 * \param stream the table; all its batches are read.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_SCHEMA_MISMATCH, ZKA_FORKED.
 * \par Ownership
 * `stream` is consumed on ZKA_OK only. The buffers are kept until the name is removed or replaced and every stream got
 * from it is released; the producer's release callbacks then run on whichever thread let go last.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_exchange_put(const char* name, struct ArrowArrayStream* stream, zka_error* error);

/**
 * \brief Gets the table under a name: the same buffers at the same addresses.
 * \param name the name.
 * \param[out] out the table, any number of times.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_NOT_FOUND, ZKA_FORKED.
 * \par Ownership
 * The caller releases `out`; its arrays, and each child moved out of them, live on their own.
 * \par Thread safety
 * Any thread; releases too.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_exchange_get(const char* name, struct ArrowArrayStream* out, zka_error* error);

/**
 * \brief Forgets a name. Streams got from it stay valid.
 * \param name the name.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_NOT_FOUND, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_exchange_remove(const char* name, zka_error* error);

/**
 * \brief Passes a table through the library and back: what tests of bindings start with.
 * \param stream the table; all its batches are read.
 * \param[out] out the same buffers.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_SCHEMA_MISMATCH, ZKA_FORKED.
 * \par Ownership
 * `stream` is consumed on ZKA_OK only; the caller releases `out`.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_echo_stream(struct ArrowArrayStream* stream, struct ArrowArrayStream* out,
                                                 zka_error* error);

/** @} */

/** \defgroup dataset Dataset
 * A dataset is a name with a line of immutable versions 1, 2, 3 ...; the newest is its head. A name is 1 to 255 bytes
 * of UTF-8 in segments parted by '/', none of them empty, "." or "..", with no control character.
 * @{ */

/** The bytes are in the coordinator. */
#define ZKA_RESIDENCY_INLINE 1
/** The bytes are in shared memory of one host. */
#define ZKA_RESIDENCY_HOST 2
/** The bytes are in files on a disk of one host, which outlive a restart of it. */
#define ZKA_RESIDENCY_DISK 3
/** The bytes are in the memory of the process that published them, for as long as its client is open. */
#define ZKA_RESIDENCY_PROCESS 4

/** What is known of a version. */
typedef struct zka_version_info {
  uint32_t struct_size;    /**< sizeof(zka_version_info), set by the caller */
  int32_t residency;       /**< ZKA_RESIDENCY_... */
  uint64_t number;         /**< 1, 2, 3 ... per dataset, never reused */
  uint64_t epoch;          /**< fencing token of the owner that published it; 0 = published without owning */
  int64_t rows;            /**< rows in all its batches */
  int64_t nbytes;          /**< size of its Arrow IPC bytes */
  int64_t committed_at_us; /**< the publisher's clock: microseconds since 1970-01-01 UTC */
  char commit_id[33];      /**< 32 hex digits */
  char schema_id[33];      /**< 32 hex digits: content address of the schema */
  char reserved[6];        /**< zero */
  int64_t commit_number;   /**< the commit that made it, in the one order of all commits of the coordinator; the same
                                for the versions of one transaction; 0 = not known */
} zka_version_info;

#define ZKA_VERSION_INFO_INIT \
  { sizeof(zka_version_info), 0, 0, 0, 0, 0, 0, {0}, {0}, {0}, 0 }

/** The right to be the one writer of a dataset; see zka_owner_acquire(). */
typedef struct zka_owner zka_owner;

/** For zka_publish_options.expected_version: publish whatever the head is. */
#define ZKA_ANY_VERSION (-1)

/** The dataset stays until it is dropped. */
#define ZKA_LIFETIME_PERSISTENT 1
/** The dataset stays as long as the session of the client that made it. */
#define ZKA_LIFETIME_SESSION 2
/** The dataset stays until nothing was published to it for a time. */
#define ZKA_LIFETIME_TTL 3

/** Flag of zka_publish_options: refuse a schema other than the head's with ZKA_SCHEMA_MISMATCH. */
#define ZKA_PUBLISH_SAME_SCHEMA 1u

/** How to publish. */
typedef struct zka_publish_options {
  uint32_t struct_size;     /**< sizeof(zka_publish_options) */
  uint32_t flags;           /**< ZKA_PUBLISH_... */
  int64_t expected_version; /**< compare-and-set: the number the head must have; 0 = the dataset must not exist yet;
                                 ZKA_ANY_VERSION = do not compare */
  int32_t residency;        /**< ZKA_RESIDENCY_...; 0 = inline when small (see zka_client_options), else host; an
                                 append stays where its dataset is */
  int32_t reserved;         /**< zero */
  zka_owner* owner;        /**< the dataset's owner, acquired by the same client; NULL = publish without owning, which a
                                dataset that has an owner refuses with ZKA_NOT_OWNER */
  const char* const* tags; /**< tags for the version; those that name another one move, in the same commit */
  int64_t n_tags;          /**< how many; at most 64 */
  const char* const* metadata; /**< what to attach to the version: key, value, key, value, ...; 4,096 bytes at most */
  int64_t n_metadata;          /**< how many pairs; at most 64 */
  int64_t ttl_ms;              /**< with ZKA_LIFETIME_TTL: for how long after its last publish the dataset stays */
  int32_t lifetime;            /**< ZKA_LIFETIME_..., decided when the dataset is made; 0 = persistent, or whatever a
                                    dataset that exists has */
  int32_t reserved2;           /**< zero */
} zka_publish_options;

#define ZKA_PUBLISH_OPTIONS_INIT \
  { sizeof(zka_publish_options), 0u, ZKA_ANY_VERSION, 0, 0, NULL, NULL, 0, NULL, 0, 0, 0, 0 }

/**
 * \brief Makes a table the next version of a dataset, atomically; makes the dataset when it does not exist.
 * \param client the client.
 * \param name the dataset.
 * \param stream the table; all its batches are read and copied once into shared memory.
 * \param options may be NULL.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[in,out] version what was published; may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_ALREADY_EXISTS (expected 0), ZKA_NOT_FOUND (expected a
 * version of a dataset that does not exist), ZKA_CONFLICT (the head is not the expected version; the message names the
 * winner), ZKA_NOT_OWNER, ZKA_FENCED, ZKA_SCHEMA_MISMATCH, ZKA_NO_SPACE, ZKA_TOO_LARGE, ZKA_TIMEOUT, ZKA_CANCELLED,
 * ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_UNSUPPORTED, ZKA_FORKED.
 * \par Ownership
 * `stream` is consumed on ZKA_OK only; nothing of it is kept. After a failure it may have been read to its end: release
 * it, and make a new one to try again.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_publish(zka_client* client, const char* name,
                                                     struct ArrowArrayStream* stream,
                                                     const zka_publish_options* options, int64_t timeout_ms,
                                                     zka_cancel* cancel, zka_version_info* version, zka_error* error);

/**
 * \brief Makes the head's rows and those of a table behind them the next version, atomically; makes the dataset when it
 * does not exist. Rows that are in shared memory already stay where they are: only the new ones are written.
 * \param client the client.
 * \param name the dataset.
 * \param stream the rows to add, of the head's schema; all its batches are read and copied once into shared memory.
 * \param options may be NULL; an inline residency is refused.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[in,out] version the whole version that was made; may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return as zka_dataset_publish, with ZKA_SCHEMA_MISMATCH for another schema than the head's; ZKA_NOT_RESIDENT or
 * ZKA_DATA_LOST when the head's rows had to be rewritten and are not in this host's memory.
 * \par Ownership
 * As zka_dataset_publish.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_append(zka_client* client, const char* name,
                                                    struct ArrowArrayStream* stream, const zka_publish_options* options,
                                                    int64_t timeout_ms, zka_cancel* cancel, zka_version_info* version,
                                                    zka_error* error);

/** A reader's hold on one version. */
typedef struct zka_table zka_table;

/** Flag of zka_read_options: ask the coordinator's leader first, so that every commit acknowledged anywhere is seen. */
#define ZKA_READ_STRICT 1u
/** Flag of zka_read_options: wait until the dataset, or the version, exists. */
#define ZKA_READ_WAIT 2u
/** Flag of zka_read_options: check every offset, dictionary index and string before handing anything out. */
#define ZKA_READ_VALIDATE_FULL 4u

/** What to read. */
typedef struct zka_read_options {
  uint32_t struct_size; /**< sizeof(zka_read_options) */
  uint32_t flags;       /**< ZKA_READ_... */
  uint64_t version;     /**< the version's number; 0 = the head */
  const char* tag;      /**< read the version that has this tag instead, which is not waited for; NULL = none */

  /** The version that was the head at an earlier moment, in one of three ways; not together with `version`, `tag` or
      ZKA_READ_WAIT. Just after the commit with this number; 0 = not given. */
  int64_t as_of_commit_number;
  /** Just after the last commit made by this time, by its publisher's clock: microseconds since 1970-01-01 UTC; 0 = not
      given. */
  int64_t as_of_us;
  /** Just after the commit with this id, which made a version of the dataset; NULL = not given. */
  const char* as_of_commit_id;
} zka_read_options;

#define ZKA_READ_OPTIONS_INIT \
  { sizeof(zka_read_options), 0u, 0, NULL, 0, 0, NULL }

/**
 * \brief Takes hold of a version. Its bytes stay valid until the table is closed and the last buffer got from it is
 * released, whatever happens to the dataset or its publisher.
 *
 * Without ZKA_READ_STRICT the head may be answered from memory: it is then at least as new as every version whose
 * publish has returned in any process of this host, and as every notification received from the coordinator.
 * \param client the client.
 * \param name the dataset.
 * \param options may be NULL.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] out the table.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND, ZKA_NOT_RESIDENT, ZKA_DATA_LOST,
 * ZKA_CORRUPT, ZKA_TIMEOUT (while waiting), ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * The caller closes it with zka_table_close().
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_read(zka_client* client, const char* name, const zka_read_options* options,
                                                  int64_t timeout_ms, zka_cancel* cancel, zka_table** out,
                                                  zka_error* error);

/**
 * \brief What is known of a version, without touching its bytes.
 * \param client the client.
 * \param name the dataset.
 * \param version the version's number; 0 = the head.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[in,out] out the answer.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND, ZKA_CANCELLED, ZKA_UNAVAILABLE,
 * ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_stat(zka_client* client, const char* name, uint64_t version,
                                                  int64_t timeout_ms, zka_cancel* cancel, zka_version_info* out,
                                                  zka_error* error);

/**
 * \brief The datasets of the namespace with their heads, by name: name utf8, version uint64, epoch uint64, rows int64,
 * nbytes int64, committed_at timestamp[us, UTC], residency utf8, schema_id utf8, commit_number int64.
 * \param client the client.
 * \param prefix only names that begin with it; NULL = all.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] out the list.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED,
 * ZKA_FORKED.
 * \par Ownership
 * The caller releases `out`.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_list(zka_client* client, const char* prefix, int64_t timeout_ms,
                                                  zka_cancel* cancel, struct ArrowArrayStream* out, zka_error* error);

/**
 * \brief The versions of a dataset that can still be read, oldest first: version uint64, epoch uint64, rows int64,
 * nbytes int64, committed_at timestamp[us, UTC], residency utf8, schema_id utf8, commit_number int64, commit_id utf8,
 * author utf8 ("pid@host"), parent_commit_id utf8 (of the version it followed; empty for the first), code_tag utf8
 * (empty for none), tags list<utf8>, metadata map<utf8, utf8>.
 * \param client the client.
 * \param name the dataset.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] out the list.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND, ZKA_CANCELLED, ZKA_UNAVAILABLE,
 * ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * The caller releases `out`.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_history(zka_client* client, const char* name, int64_t timeout_ms,
                                                     zka_cancel* cancel, struct ArrowArrayStream* out,
                                                     zka_error* error);

/**
 * \brief Drops one version, or the whole dataset. Tables that hold it stay valid; no new reader finds it. The name may
 * be used again at once, for a new dataset.
 * \param client the client.
 * \param name the dataset.
 * \param version the version's number, which must not be the head's; 0 = the whole dataset.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND, ZKA_CONFLICT (it is the head, or
 * has a tag), ZKA_NOT_OWNER, ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_drop(zka_client* client, const char* name, uint64_t version,
                                                  int64_t timeout_ms, zka_cancel* cancel, zka_error* error);

/** @} */

/** \defgroup table Table
 * @{ */

/**
 * \brief The batches of a table, over the shared bytes: nothing is copied. May be called any number of times.
 * \param table the table.
 * \param[out] out the batches.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_CORRUPT (the segment was truncated), ZKA_FORKED.
 * \par Ownership
 * The caller releases `out`. The stream, its arrays and each child moved out of them hold the version on their own.
 * \par Thread safety
 * Any thread; releases too.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_table_stream(zka_table* table, struct ArrowArrayStream* out, zka_error* error);

/**
 * \brief The schema of a table.
 * \param table the table.
 * \param[out] out the schema.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The caller releases `out`.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_table_schema(zka_table* table, struct ArrowSchema* out, zka_error* error);

/**
 * \brief Which version a table holds.
 * \param table the table.
 * \param[in,out] out the version.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_table_version(zka_table* table, zka_version_info* out, zka_error* error);

/**
 * \brief Why the bytes of a table had to be copied to this process; NULL when they were not copied (`zero_copy`).
 * \param table the table.
 * \param[out] out the reason or NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The string is static; never free it.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_table_copy_reason(zka_table* table, const char** out, zka_error* error);

/**
 * \brief Lets go of a table. Streams and arrays got from it stay valid.
 * \param table the table; NULL does nothing.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The handle is gone.
 * \par Thread safety
 * Any thread, once per handle.
 * \since 0.1
 */
ZKA_API zka_status zka_table_close(zka_table* table);

/** @} */

/** \defgroup subscription Subscription
 * @{ */

/** Every version of a dataset in order, each once. */
typedef struct zka_subscription zka_subscription;

/**
 * \brief Subscribes to the versions after a given one. The dataset need not exist yet.
 * \param client the client.
 * \param name the dataset.
 * \param after the last version already seen; 0 = from the first that can still be read.
 * \param[out] out the subscription.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The caller closes it with zka_subscription_close().
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_subscription_open(zka_client* client, const char* name, uint64_t after,
                                                       zka_subscription** out, zka_error* error);

/**
 * \brief Waits for the next version.
 * \param subscription the subscription.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[in,out] out the version.
 * \param[out] skipped how many versions before it can no longer be read; may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND (the dataset was dropped), ZKA_TIMEOUT,
 * ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_FORKED. After any failure the next call goes on where
 * this one stood.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Serialize per handle; zka_subscription_close() may come from another thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_subscription_next(zka_subscription* subscription, int64_t timeout_ms,
                                                       zka_cancel* cancel, zka_version_info* out, uint64_t* skipped,
                                                       zka_error* error);

/**
 * \brief Ends a subscription. A call that waits on it ends with ZKA_INVALID_HANDLE.
 * \param subscription the subscription; NULL does nothing.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The handle is gone.
 * \par Thread safety
 * Any thread, once per handle.
 * \since 0.1
 */
ZKA_API zka_status zka_subscription_close(zka_subscription* subscription);

/** @} */

/** \defgroup loan Loan
 * A batch built in place: its columns lie inside a segment, so that publishing copies nothing and costs the same
 * whatever the size. Fixed-width types, bool, utf8 and binary and their large forms, lists of fixed-width values,
 * fixed-size lists and structs of these, nullable or not.
 * @{ */

/** Writable Arrow buffers inside a segment that is not published yet. */
typedef struct zka_loan zka_loan;

/** What a loan shall have room for besides its rows. */
typedef struct zka_loan_options {
  uint32_t struct_size;            /**< sizeof(zka_loan_options) */
  uint32_t reserved;               /**< zero */
  int64_t var_bytes;               /**< bytes for the values of each variable-length column (of a list: for its values);
                                        -1 = none given, which a schema with such columns does not allow */
  const int64_t* column_var_bytes; /**< the same for each column of the top level, -1 = var_bytes; may be NULL */
  int64_t n_columns;               /**< entries in column_var_bytes */
  int64_t alloc_bytes;             /**< bytes that are no column's, for zka_loan_alloc() */
} zka_loan_options;

#define ZKA_LOAN_OPTIONS_INIT \
  { sizeof(zka_loan_options), 0u, -1, NULL, 0, 0 }

/**
 * \brief Opens a loan of `rows` rows. Its space is taken here, so that a full directory is an error of this call and
 * never a signal later. Asks the coordinator nothing.
 *
 * The buffers of `writable` are to be written: every byte of them is zero, each begins at a multiple of 64. `length` is
 * `rows`. A nullable column has a validity bitmap, all of it zero, and the `null_count` 0, with which the bitmap is
 * left out: who wants nulls fills the bitmap and sets `null_count` to their number, or to -1 to have them counted by
 * zka_loan_publish().
 * \param client the client.
 * \param schema a struct, as that of every batch; read during the call.
 * \param rows rows to make room for.
 * \param options may be NULL.
 * \param[out] writable the batch.
 * \param[out] out the loan.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NO_SPACE, ZKA_TOO_LARGE, ZKA_PERMISSION_DENIED,
 * ZKA_UNSUPPORTED (the message names the column and its type), ZKA_FORKED.
 * \par Ownership
 * `schema` stays the caller's. The caller closes `out` with zka_loan_close() and releases `writable`; the buffers stay
 * mapped until both are done. A child made by fork() does not have them.
 * \par Thread safety
 * Any thread. The buffers may be written by any number of threads.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_loan_open(zka_client* client, const struct ArrowSchema* schema, int64_t rows,
                                               const zka_loan_options* options, struct ArrowArray* writable,
                                               zka_loan** out, zka_error* error);

/**
 * \brief Takes bytes of the loan that are no column's, out of zka_loan_options.alloc_bytes: for buffers of arrays that
 * are built by something else, such as a memory pool. They are zero and begin at a multiple of 64.
 * \param loan the loan.
 * \param bytes how many.
 * \param[out] out the first byte.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT (negative, or the loan was published already), ZKA_INVALID_HANDLE, ZKA_TOO_LARGE
 * (fewer are left), ZKA_BUSY (it is being published), ZKA_FORKED.
 * \par Ownership
 * The bytes are the loan's: valid until it is closed and `writable` is released.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_loan_alloc(zka_loan* loan, int64_t bytes, void** out, zka_error* error);

/**
 * \brief Makes a batch whose buffers lie in the loan the next version of a dataset, atomically; makes the dataset when
 * it does not exist. Copies nothing, and looks at nothing but the last offset of each column and the bitmaps of
 * uncounted nulls.
 *
 * The batch is the one of zka_loan_open(), with `length` lowered to publish fewer rows and each `null_count` set; or
 * any other of the loan's schema whose buffers lie in its columns or its allocated bytes. The segment stays as long as
 * the loan was opened. The producer answers for what it wrote: `null_count` is believed, and only reading with
 * ZKA_READ_VALIDATE_FULL looks at every offset.
 *
 * After ZKA_OK the loan is spent: what is written to its buffers is seen by this process alone. After a failure without
 * ZKA_ERROR_OUTCOME_UNKNOWN it is as it was, to be published again, but what was written during the call is lost: do
 * not write then. Where the outcome is unknown it is spent.
 * \param loan the loan.
 * \param name the dataset.
 * \param batch the batch; read during the call.
 * \param options may be NULL; a loan is never inline.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[in,out] version what was published; may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT (also: published already, a buffer is not in the loan), ZKA_INVALID_HANDLE
 * (also: the client is closed), ZKA_TOO_LARGE (a column used more than the loan has for it), ZKA_BUSY (it is being
 * published), ZKA_ALREADY_EXISTS (expected 0), ZKA_NOT_FOUND (expected a version of a dataset that does not exist),
 * ZKA_CONFLICT (the head is not the expected version; the message names the winner), ZKA_NOT_OWNER, ZKA_FENCED,
 * ZKA_SCHEMA_MISMATCH, ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * `batch` stays the caller's.
 * \par Thread safety
 * Any thread; two at once are refused.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_loan_publish(zka_loan* loan, const char* name, const struct ArrowArray* batch,
                                                  const zka_publish_options* options, int64_t timeout_ms,
                                                  zka_cancel* cancel, zka_version_info* version, zka_error* error);

/**
 * \brief Closes a loan, and gives it up when it was not published: nothing is left. A publish under way goes on to its
 * end. May come after zka_client_close().
 * \param loan the loan; NULL does nothing.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The handle is gone. The buffers stay mapped until `writable` is released.
 * \par Thread safety
 * Any thread, once per handle.
 * \since 0.1
 */
ZKA_API zka_status zka_loan_close(zka_loan* loan);

/** @} */

/** \defgroup owner Owner
 * The one writer that a dataset admits at a time. Each owner has an epoch, larger than that of every owner before; each
 * commit checks it, so that an owner that was taken over publishes nothing, whatever it believes.
 * @{ */

/** It publishes. */
#define ZKA_OWNER_CONNECTED 1
/** The connection is lost, or nothing was heard for two thirds of the session's timeout. Nobody else owns the dataset
 * yet; what this owner publishes waits until it is connected again. */
#define ZKA_OWNER_SUSPENDED 2
/** The session may have ended, so that another may own the dataset now. If nobody does when the connection is back, it
 * is connected again with the same epoch; otherwise this is the end, and publishing gives ZKA_FENCED. */
#define ZKA_OWNER_LOST 3
/** It was released. The end. */
#define ZKA_OWNER_RELEASED 4

/** Flag of zka_owner_options: take the dataset from an owner that lives, without waiting. That one is told, and what it
 * publishes from then on is refused: for an operator, or a supervisor that knows the owner to be dead. */
#define ZKA_OWNER_TAKE_OVER 1u

/** How to acquire ownership. */
typedef struct zka_owner_options {
  uint32_t struct_size; /**< sizeof(zka_owner_options) */
  uint32_t flags;       /**< ZKA_OWNER_... */
} zka_owner_options;

#define ZKA_OWNER_OPTIONS_INIT \
  { sizeof(zka_owner_options), 0u }

/**
 * \brief Becomes the one writer of a dataset; makes the dataset, with no version yet, when it does not exist. Where it
 * has an owner, this waits until that one releases it or its session ends. Who waited longest is not served first.
 * \param client the client.
 * \param name the dataset.
 * \param options may be NULL.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] out the owner.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_TIMEOUT (the message names the owner), ZKA_CANCELLED,
 * ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_FORKED. After any failure the dataset is not owned by this call, nor will
 * be.
 * \par Ownership
 * The caller closes it with zka_owner_close().
 * \par Thread safety
 * Any thread. The owner may be used by any number of threads at once.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_owner_acquire(zka_client* client, const char* name,
                                                   const zka_owner_options* options, int64_t timeout_ms,
                                                   zka_cancel* cancel, zka_owner** out, zka_error* error);

/**
 * \brief The epoch of an owner, its fencing token: to be passed along to whatever else must not obey a late owner.
 * \param owner the owner.
 * \param[out] out the epoch.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_owner_epoch(zka_owner* owner, uint64_t* out, zka_error* error);

/**
 * \brief The state of an owner at this moment, one of ZKA_OWNER_... Asks nobody but the clock.
 * \param owner the owner.
 * \param[out] out the state.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_owner_state(zka_owner* owner, int32_t* out, zka_error* error);

/**
 * \brief Waits until the state of an owner is another one, be it that somebody has taken over.
 * \param owner the owner.
 * \param from the state already known, one of ZKA_OWNER_...
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] out the new state.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FENCED (it is lost, and stays so), ZKA_NOT_OWNER (it
 * was released, and stays so), ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE (it did not change, and the coordinator
 * cannot be reached), ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_owner_wait(zka_owner* owner, int32_t from, int64_t timeout_ms, zka_cancel* cancel,
                                                int32_t* out, zka_error* error);

/**
 * \brief Gives the ownership back, which wakes whoever waits for it. It is over for this owner at once; where the
 * coordinator does not hear of it in time, the release goes on behind the caller's back. Once it is over, by whatever
 * cause, this does nothing.
 * \param owner the owner.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_CANCELLED, ZKA_UNAVAILABLE (the coordinator could not
 * be told yet), ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * The handle stays; close it.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_owner_release(zka_owner* owner, int64_t timeout_ms, zka_cancel* cancel,
                                                   zka_error* error);

/**
 * \brief Closes an owner, and releases it as zka_owner_release() does, waiting a few seconds at most. A publish under
 * way with it may be refused. May come after zka_client_close(), which releases what its client owns.
 * \param owner the owner; NULL does nothing.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The handle is gone.
 * \par Thread safety
 * Any thread, once per handle.
 * \since 0.1
 */
ZKA_API zka_status zka_owner_close(zka_owner* owner);

/** @} */

/** \defgroup history History
 * Which versions of a dataset are kept, which schemas it admits, how long it stays, and tags, which name versions.
 * @{ */

/** Any schema. */
#define ZKA_SCHEMA_POLICY_NONE 1
/** Programs for the new schema can read the version before. */
#define ZKA_SCHEMA_POLICY_BACKWARD 2
/** Programs for the schema of the version before can read the new one. */
#define ZKA_SCHEMA_POLICY_FORWARD 3
/** Both. */
#define ZKA_SCHEMA_POLICY_FULL 4
/** The very same schema, metadata too. */
#define ZKA_SCHEMA_POLICY_EXACT 5

/** What to decide about a dataset. */
typedef struct zka_dataset_options {
  uint32_t struct_size;  /**< sizeof(zka_dataset_options) */
  int32_t schema_policy; /**< ZKA_SCHEMA_POLICY_...; 0 = as it is */
  int64_t keep_versions; /**< how many versions are kept; 0 = any number; -1 in all three of keep_... = as they are */
  int64_t keep_age_ms;   /**< for how long a version is kept after it was published; 0 = for ever */
  int64_t keep_bytes;    /**< how many bytes are kept, each segment counted once; 0 = any number */
  int64_t ttl_ms; /**< for how long the dataset stays after its last publish; 0 = until it is dropped, -1 = as it is */
} zka_dataset_options;

#define ZKA_DATASET_OPTIONS_INIT \
  { sizeof(zka_dataset_options), 0, -1, -1, -1, -1 }

/**
 * \brief Decides which versions of a dataset are kept, which schemas it admits and how long it stays. Makes the
 * dataset, with no version, when it does not exist.
 *
 * Versions are kept that are within every limit, the head and those with a tag; the latter do not count. What is no
 * longer kept goes with the next publish, or the next sweep; tables that hold it stay valid. Publishers follow a schema
 * policy from the moment this returns, and refuse with ZKA_SCHEMA_MISMATCH what it does not admit.
 * \param client the client.
 * \param name the dataset.
 * \param options what to decide. Where one of keep_... is given, the others that are -1 set no limit.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT (also: a time to live for a dataset of a session), ZKA_INVALID_HANDLE,
 * ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_configure(zka_client* client, const char* name,
                                                       const zka_dataset_options* options, int64_t timeout_ms,
                                                       zka_cancel* cancel, zka_error* error);

/** What is known of a dataset. */
typedef struct zka_dataset_description {
  uint32_t struct_size;  /**< sizeof(zka_dataset_description), set by the caller */
  int32_t schema_policy; /**< ZKA_SCHEMA_POLICY_... */
  int32_t lifetime;      /**< ZKA_LIFETIME_... */
  int32_t owned;         /**< 1 = it has an owner */
  uint64_t head;         /**< the number of its newest version; 0 = none yet */
  uint64_t epoch;        /**< the epoch of its last owner; 0 = it never had one */
  int64_t versions;      /**< how many versions can still be read */
  int64_t nbytes;        /**< their bytes, each segment counted once */
  int64_t created_at_us; /**< microseconds since 1970-01-01 UTC, by the clock of whoever made it */
  int64_t keep_versions; /**< how many versions are kept; 0 = any number */
  int64_t keep_age_ms;   /**< for how long a version is kept; 0 = for ever */
  int64_t keep_bytes;    /**< how many bytes are kept; 0 = any number */
  int64_t ttl_ms;        /**< for how long it stays after its last publish; 0 = for ever */
} zka_dataset_description;

#define ZKA_DATASET_DESCRIPTION_INIT \
  { sizeof(zka_dataset_description), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * \brief What is known of a dataset, and its tags: tag utf8, version uint64, by tag.
 * \param client the client.
 * \param name the dataset.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[in,out] out the answer.
 * \param[out] tags the tags; may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND, ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE,
 * ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * The caller releases `tags`.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_describe(zka_client* client, const char* name, int64_t timeout_ms,
                                                      zka_cancel* cancel, zka_dataset_description* out,
                                                      struct ArrowArrayStream* tags, zka_error* error);

/**
 * \brief Gives a version a tag. A tag names one version of its dataset: one that another version has moves, atomically.
 * What has a tag is neither dropped nor removed because it is no longer kept.
 * \param client the client.
 * \param name the dataset.
 * \param version the version's number.
 * \param tag 1 to 128 bytes of UTF-8 with no control character.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND, ZKA_TOO_LARGE (256 tags), ZKA_TIMEOUT,
 * ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_tag(zka_client* client, const char* name, uint64_t version,
                                                 const char* tag, int64_t timeout_ms, zka_cancel* cancel,
                                                 zka_error* error);

/**
 * \brief Removes a tag. Its version stays until it is dropped or no longer kept.
 * \param client the client.
 * \param name the dataset.
 * \param tag the tag.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND, ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE,
 * ZKA_PERMISSION_DENIED, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_dataset_untag(zka_client* client, const char* name, const char* tag,
                                                   int64_t timeout_ms, zka_cancel* cancel, zka_error* error);

/** @} */

/** \defgroup transaction Transaction
 * Versions of several datasets that become heads together, in one atomic commit, or not at all: at most 256 datasets,
 * each once, and 768 KiB of records and inline tables.
 * @{ */

/** Versions that are not committed yet. */
typedef struct zka_transaction zka_transaction;

/**
 * \brief Begins a transaction. Asks the coordinator nothing.
 * \param client the client.
 * \param[out] out the transaction.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_PERMISSION_DENIED (the data directory can only be
 * read), ZKA_FORKED.
 * \par Ownership
 * The caller closes it with zka_transaction_close().
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_transaction_open(zka_client* client, zka_transaction** out, zka_error* error);

/**
 * \brief Puts a table into the transaction, as the next version of a dataset, which is made when it does not exist. Its
 * bytes are written now; nobody sees them before the commit.
 * \param transaction the transaction.
 * \param name the dataset, once in a transaction.
 * \param stream the table; all its batches are read and copied once.
 * \param options may be NULL. With an expected version the whole transaction is refused unless it is the head's;
 * without one it is committed on whatever the head is by then.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return as zka_dataset_publish; also ZKA_INVALID_ARGUMENT (the dataset is in it already, or it was committed),
 * ZKA_TOO_LARGE (the 257th dataset, or too many bytes), ZKA_BUSY. The transaction is then as it was.
 * \par Ownership
 * `stream` is consumed on ZKA_OK only. Its buffers may be kept until the transaction is committed or closed.
 * \par Thread safety
 * Serialize per handle; two at once are refused.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_transaction_publish(zka_transaction* transaction, const char* name,
                                                         struct ArrowArrayStream* stream,
                                                         const zka_publish_options* options, int64_t timeout_ms,
                                                         zka_cancel* cancel, zka_error* error);

/**
 * \brief Puts the head's rows and those of a table behind them into the transaction, as the next version.
 * \param transaction the transaction.
 * \param name the dataset, once in a transaction.
 * \param stream the rows to add, of the head's schema.
 * \param options may be NULL; an inline residency is refused.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return as zka_dataset_append; also as zka_transaction_publish.
 * \par Ownership
 * As zka_transaction_publish.
 * \par Thread safety
 * Serialize per handle; two at once are refused.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_transaction_append(zka_transaction* transaction, const char* name,
                                                        struct ArrowArrayStream* stream,
                                                        const zka_publish_options* options, int64_t timeout_ms,
                                                        zka_cancel* cancel, zka_error* error);

/**
 * \brief Makes all versions heads, or none. A transaction of no dataset does nothing.
 * \param transaction the transaction.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT (committed already), ZKA_INVALID_HANDLE, ZKA_BUSY, ZKA_ALREADY_EXISTS,
 * ZKA_NOT_FOUND, ZKA_CONFLICT (the message names the dataset and the winner), ZKA_NOT_OWNER, ZKA_FENCED,
 * ZKA_SCHEMA_MISMATCH, ZKA_NO_SPACE, ZKA_TOO_LARGE, ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED,
 * ZKA_FORKED. On any but ZKA_OK nothing was applied, and it may be committed again; unless the error's flags say
 * ZKA_ERROR_OUTCOME_UNKNOWN, after which it is spent.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Serialize per handle; two at once are refused.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_transaction_commit(zka_transaction* transaction, int64_t timeout_ms,
                                                        zka_cancel* cancel, zka_error* error);

/**
 * \brief What a committed transaction made of a dataset. All its versions have the same commit id and commit number.
 * \param transaction the transaction.
 * \param name the dataset.
 * \param[in,out] out the version.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND (not in it, or not committed), ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_transaction_version(zka_transaction* transaction, const char* name,
                                                         zka_version_info* out, zka_error* error);

/**
 * \brief Closes a transaction, and gives it up when it was not committed: nothing is left. A commit under way goes on
 * to its end.
 * \param transaction the transaction; NULL does nothing.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The handle is gone.
 * \par Thread safety
 * Any thread, once per handle.
 * \since 0.1
 */
ZKA_API zka_status zka_transaction_close(zka_transaction* transaction);

/** @} */

/** \defgroup snapshot Snapshot
 * A consistent cut over several datasets: the versions that were their heads at one commit, never one half of a
 * transaction. It holds the bytes of all of them.
 * @{ */

/** A hold on one version of each of several datasets. */
typedef struct zka_snapshot zka_snapshot;

/** Which moment to take a snapshot of: an earlier one, in one of three ways, or now. */
typedef struct zka_snapshot_options {
  uint32_t struct_size;        /**< sizeof(zka_snapshot_options) */
  uint32_t reserved;           /**< zero */
  int64_t as_of_commit_number; /**< just after the commit with this number; 0 = not given */
  int64_t as_of_us;            /**< just after the last commit, of these datasets, made by this time, by its publisher's
                                    clock: microseconds since 1970-01-01 UTC; 0 = not given */
  const char* as_of_commit_id; /**< just after the commit with this id, which made a version of one of these datasets;
                                    NULL = not given */
} zka_snapshot_options;

#define ZKA_SNAPSHOT_OPTIONS_INIT \
  { sizeof(zka_snapshot_options), 0u, 0, 0, NULL }

/**
 * \brief Takes a snapshot. It sees every commit that was acknowledged anywhere before the call.
 * \param client the client.
 * \param names the datasets, at most 4,096; NULL = all there are, but for those that have no version at that moment.
 * \param n_names how many.
 * \param options may be NULL.
 * \param timeout_ms the deadline.
 * \param cancel may be NULL.
 * \param[out] out the snapshot.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND (a dataset, its version at that moment, or
 * the moment), ZKA_TOO_LARGE (more datasets), ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED,
 * ZKA_FORKED.
 * \par Ownership
 * The caller closes it with zka_snapshot_close().
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_snapshot_open(zka_client* client, const char* const* names, int64_t n_names,
                                                   const zka_snapshot_options* options, int64_t timeout_ms,
                                                   zka_cancel* cancel, zka_snapshot** out, zka_error* error);

/**
 * \brief The table of a dataset, any number of times. Waits for nothing.
 * \param snapshot the snapshot.
 * \param name a dataset of the snapshot.
 * \param[out] out the table.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND (it is not in the snapshot),
 * ZKA_NOT_RESIDENT, ZKA_DATA_LOST, ZKA_CORRUPT (its bytes could not be had when the snapshot was taken), ZKA_FORKED.
 * \par Ownership
 * The caller closes it with zka_table_close(), before or after the snapshot.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_snapshot_read(zka_snapshot* snapshot, const char* name, zka_table** out,
                                                   zka_error* error);

/**
 * \brief The version of a dataset in a snapshot.
 * \param snapshot the snapshot.
 * \param name a dataset of the snapshot.
 * \param[in,out] out the version.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_NOT_FOUND (it is not in the snapshot), ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_snapshot_version(zka_snapshot* snapshot, const char* name, zka_version_info* out,
                                                      zka_error* error);

/**
 * \brief The datasets of a snapshot with their versions, in the order in which they were named, else by name: the
 * columns of zka_dataset_list, then commit_id utf8 and author utf8.
 * \param snapshot the snapshot.
 * \param[out] out the list.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The caller releases `out`.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_snapshot_versions(zka_snapshot* snapshot, struct ArrowArrayStream* out,
                                                       zka_error* error);

/**
 * \brief The commit that a snapshot is a cut at: the last that changed one of its datasets, or the one asked for. As
 * `as_of_commit_number` it gives the same cut again, as long as its versions can be read. 0 when it has no dataset.
 * \param snapshot the snapshot.
 * \param[out] out the number.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_snapshot_commit_number(zka_snapshot* snapshot, int64_t* out, zka_error* error);

/**
 * \brief Closes a snapshot. Tables got from it stay valid.
 * \param snapshot the snapshot; NULL does nothing.
 * \return ZKA_OK, ZKA_INVALID_HANDLE, ZKA_FORKED.
 * \par Ownership
 * The handle is gone.
 * \par Thread safety
 * Any thread, once per handle.
 * \since 0.1
 */
ZKA_API zka_status zka_snapshot_close(zka_snapshot* snapshot);

/** @} */

/** \defgroup sql SQL
 * Queries over datasets, by DuckDB on the mapped bytes. libduckdb is looked for when a process asks its first query:
 * where the environment variable ZKARROW_DUCKDB says, beside this library, beside the program, in the system.
 * @{ */

/** How a query is answered. */
typedef struct zka_query_options {
  uint32_t struct_size;        /**< sizeof(zka_query_options) */
  int32_t threads;             /**< how many threads work at it; 0 = as many as there are processors */
  int64_t memory_limit;        /**< bytes that DuckDB may use, from 1 MiB; 0 = a quarter of what the process may have */
  int64_t as_of_commit_number; /**< read heads just after the commit with this number; 0 = not given */
  int64_t as_of_us;            /**< read heads as of this time: microseconds since 1970-01-01 UTC; 0 = not given */
  const char* as_of_commit_id; /**< read heads just after the commit with this id; NULL = not given */
} zka_query_options;

#define ZKA_QUERY_OPTIONS_INIT \
  { sizeof(zka_query_options), 0, 0, 0, 0, NULL }

/**
 * \brief Asks a query. Datasets are tables under their names: "prices/eod" (in double quotes) for the head,
 * "prices/eod@3" for a version, "prices/eod@stable" for a tag; all heads are of one consistent cut. Files, extensions
 * and other databases cannot be reached.
 * \param client the client.
 * \param sql one SELECT in DuckDB's dialect, or EXPLAIN of one.
 * \param options may be NULL.
 * \param timeout_ms the deadline until the answer begins.
 * \param cancel may be NULL; it ends the stream's get_next too.
 * \param[out] out the answer, made while it is read, in batches of at most 2,048 rows.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT (with what DuckDB says of the statement), ZKA_INVALID_HANDLE, ZKA_NOT_FOUND (a
 * dataset, a version or a tag), ZKA_NOT_RESIDENT, ZKA_DATA_LOST, ZKA_CORRUPT, ZKA_TOO_LARGE (the memory limit),
 * ZKA_TIMEOUT, ZKA_CANCELLED, ZKA_UNAVAILABLE, ZKA_PERMISSION_DENIED (a file was named), ZKA_UNSUPPORTED (no libduckdb,
 * or a type that DuckDB does not know), ZKA_FORKED.
 * \par Ownership
 * The caller releases `out`, which holds the versions it reads until then; batches got from it live on their own.
 * \par Thread safety
 * Any thread; the stream one at a time.
 * \since 0.1
 */
ZKA_API ZKA_NODISCARD zka_status zka_sql_query(zka_client* client, const char* sql, const zka_query_options* options,
                                               int64_t timeout_ms, zka_cancel* cancel, struct ArrowArrayStream* out,
                                               zka_error* error);

/** @} */

/** \defgroup internals Internals
 * For tests of the library and its bindings; may change in any version.
 * @{ */

/** What is alive in this process. */
typedef struct zka_counters {
  uint32_t struct_size;     /**< sizeof(zka_counters), set by the caller */
  uint32_t reserved;        /**< zero */
  int64_t handles;          /**< clients, tables, subscriptions, loans, owners, transactions, snapshots, cancels */
  int64_t exported_arrays;  /**< arrays handed out and not yet released */
  int64_t exported_streams; /**< streams handed out and not yet released */
  int64_t exported_schemas; /**< schemas handed out and not yet released */
  int64_t batches;          /**< batches held */
  int64_t mapped_segments;  /**< segments mapped, loans too */
  int64_t mapped_bytes;     /**< their bytes */
} zka_counters;

#define ZKA_COUNTERS_INIT \
  { sizeof(zka_counters), 0u, 0, 0, 0, 0, 0, 0, 0 }

/**
 * \brief What is alive in this process: back at its start value when everything was released.
 * \param[in,out] out the counts.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API zka_status zka__counters(zka_counters* out, zka_error* error);

/**
 * \brief Fails with the given status and a message, so that bindings can test how they map it.
 * \param status what to fail with; ZKA_OK does nothing.
 * \param keeper_code for the error.
 * \param flags for the error.
 * \param[out] error the error; may be NULL.
 * \return `status`.
 * \par Ownership
 * Nothing changes hands.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API zka_status zka__raise_for_test(zka_status status, int32_t keeper_code, uint32_t flags, zka_error* error);

/**
 * \brief A destructor for Python capsules that carry Arrow structs. It releases what a struct still owns, also while a
 * Python exception is on its way, and frees the struct.
 * \param python addresses of PyCapsule_GetName, PyCapsule_GetPointer, PyErr_Fetch, PyErr_Restore, and of the function that
 * frees the struct.
 * \param[out] out the destructor, a PyCapsule_Destructor.
 * \param[out] error what went wrong; may be NULL.
 * \return ZKA_OK, ZKA_INVALID_ARGUMENT, ZKA_FORKED.
 * \par Ownership
 * Nothing changes hands; the addresses are kept.
 * \par Thread safety
 * Any thread.
 * \since 0.1
 */
ZKA_API zka_status zka__capsule_destructor(void* const* python, void** out, zka_error* error);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* ZKARROW_ZKARROW_H */
