#include <sqlite3.h>

/* Read "name,count,price" line by line into the table of an open database; return how many lines were read. */
int read_table(sqlite3 *db, const char *path);
