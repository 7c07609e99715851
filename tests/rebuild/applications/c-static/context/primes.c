/* Two programs in one file: primes, which people start, starts primes-count, a hard link to itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT "/usr/local/libexec/primes-count"

int main(int argc, char **argv)
{
    if (!strstr(argv[0], "primes-count")) {
        argv[0] = COUNT;
        execv(COUNT, argv);
        return 127;
    }
    long limit = argc > 1 ? atol(argv[1]) : 100, found = 0, last = 0;
    char *composite = calloc(limit + 1, 1);
    for (long n = 2; n <= limit; n++) {
        if (composite[n])
            continue;
        found++;
        last = n;
        for (long multiple = n * n; multiple <= limit; multiple += n)
            composite[multiple] = 1;
    }
    printf("%ld primes up to %ld, the last is %ld\n", found, limit, last);
    free(composite);
    return 0;
}
