#include "table.h"

#include <stdio.h>

static int show(void *unused, int columns, char **values, char **names)
{
    (void)unused;
    for (int i = 0; i < columns; i++)
        printf("%s=%s%c", names[i], values[i], i + 1 < columns ? ' ' : '\n');
    return 0;
}

int main(int argc, char **argv)
{
    sqlite3 *db;
    if (argc != 2 || sqlite3_open(":memory:", &db) != SQLITE_OK)
        return 2;
    int lines = read_table(db, argv[1]);
    if (lines < 0)
        return 1;
    printf("%d lines\n", lines);
    sqlite3_exec(db, "SELECT name, count * price AS worth FROM stock ORDER BY worth DESC LIMIT 2", show, NULL, NULL);
    return sqlite3_close(db) != SQLITE_OK;
}
