/*
 * What SQLite has and a tree of names does not need: full-text search, r-trees and tables about its own pages. Debian's
 * archive has a file for each, which is linked only because the list of extensions names its beginning; so these take
 * the names. Weak, since an archive made of one file brings its own.
 */
#define LEFT_OUT(name)                            \
  __attribute__((weak)) int name(void* database); \
  int name(void* database) {                      \
    (void)database;                               \
    return 0; /* SQLITE_OK */                     \
  }

LEFT_OUT(sqlite3Fts3Init)
LEFT_OUT(sqlite3Fts5Init)
LEFT_OUT(sqlite3RtreeInit)
LEFT_OUT(sqlite3DbstatRegister)
LEFT_OUT(sqlite3StmtVtabInit)
