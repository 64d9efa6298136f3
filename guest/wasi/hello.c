// A program for WASI preview 1, which knows nothing of devices: it writes its name, the time and a number to its output.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct timespec before, after;
    unsigned char random;
    fputs("Hello from ", stdout);
    puts(argc > 0 ? argv[0] : "nobody");
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long micros = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    puts(micros >= 2000 && micros < 1000000 ? "slept 2 ms" : "the clock is wrong");
    if (getentropy(&random, 1) != 0 || getchar() != EOF) {
        fputs("the console is wrong\n", stderr);
        return 1;
    }
    fputs("done\n", stderr);
    return 0;
}
