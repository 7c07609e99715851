#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
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
