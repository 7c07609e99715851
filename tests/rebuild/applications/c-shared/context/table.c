#include "table.h"

#include <stdio.h>

int read_table(sqlite3 *db, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    sqlite3_stmt *insert;
    sqlite3_exec(db, "CREATE TABLE stock (name TEXT, count INTEGER, price REAL)", NULL, NULL, NULL);
    sqlite3_prepare_v2(db, "INSERT INTO stock VALUES (?, ?, ?)", -1, &insert, NULL);
    char name[64];
    int count, lines = 0;
    double price;
    while (fscanf(file, " %63[^,],%d,%lf", name, &count, &price) == 3) {
        sqlite3_bind_text(insert, 1, name, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int(insert, 2, count);
        sqlite3_bind_double(insert, 3, price);
        sqlite3_step(insert);
        sqlite3_reset(insert);
        lines++;
    }
    sqlite3_finalize(insert);
    fclose(file);
    return lines;
}
