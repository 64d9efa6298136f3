// A program for WASI preview 1 with files: it counts how often it has run, and reports the first function that does not do what C and POSIX
// say.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT(value) #value
#define LINE(number) "line " TEXT(number) " failed\n"
#define CHECK(condition)                                                                                                                     \
    if (!(condition)) {                                                                                                                      \
        fputs(LINE(__LINE__), stderr);                                                                                                       \
        return 1;                                                                                                                            \
    }

// The file has a letter for each run.
static int count(void) {
    FILE *file = fopen("/runs", "a");
    CHECK(file != NULL && fputc('x', file) == 'x' && fseek(file, 0, SEEK_END) == 0);
    long runs = ftell(file);
    CHECK(fclose(file) == 0);
    fputs("run ", stdout);
    putchar('0' + (int)runs % 10);
    putchar('\n');
    return 0;
}

static int work(void) {
    char text[16] = "";
    struct stat stat;
    FILE *file = fopen("notes", "w");
    CHECK(file != NULL && fputs("one", file) >= 0 && fclose(file) == 0);
    file = fopen("notes", "a+");
    CHECK(file != NULL && fputs(" two", file) >= 0 && ftell(file) == 7);
    CHECK(fseek(file, 2, SEEK_SET) == 0 && fgets(text, sizeof text, file) != NULL && strcmp(text, "e two") == 0);
    CHECK(fclose(file) == 0);

    int fd = open("notes", O_RDWR);
    CHECK(fd >= 0 && lseek(fd, -3, SEEK_END) == 4 && write(fd, "2", 1) == 1 && lseek(fd, 0, SEEK_CUR) == 5);
    CHECK(fsync(fd) == 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size == 7);
    CHECK(close(fd) == 0);
    CHECK(open("notes", O_RDWR | O_CREAT | O_EXCL, 0) == -1 && errno == EEXIST);
    CHECK(open("nothing", O_RDWR) == -1 && errno == ENOENT);
    CHECK(open("a directory/notes", O_RDONLY) == -1 && errno == EINVAL);

    CHECK(rename("notes", "renamed") == 0 && stat.st_size == 7);
    CHECK(lstat("renamed", &stat) == 0 && stat.st_size == 7 && lstat("notes", &stat) == -1 && errno == ENOENT);
    CHECK(lstat("/", &stat) == 0 && S_ISDIR(stat.st_mode));
    CHECK(unlink("renamed") == 0 && unlink("renamed") == -1 && errno == ENOENT);
    puts("files work");
    return 0;
}

int main(void) {
    int failed = count();
    return failed != 0 ? failed : work();
}
