#include "wamr_app.h"

// Adds a line to a log. The log keeps at most 8 KB, and as much of what was before.
bool add_line(const uint8_t *line, size_t length, wamr_error_t *error) {
    file_t log;
    if (!file_open(TEXT("log.txt"), WAMR_DEVICE_FILE_MODE_UPDATE, &log, error)) {
        return false;
    }
    if (file_size(log) + length > 8192) {
        file_close(log);
        if (!file_rename(TEXT("log.txt"), TEXT("log.old"), error) ||
            !file_open(TEXT("log.txt"), WAMR_DEVICE_FILE_MODE_UPDATE, &log, error)) {
            return false;
        }
    }
    // A close syncs, too, but reports no error.
    bool done = file_append(log, BYTES(line, length), error) && file_sync(log, error);
    file_close(log);
    return done;
}
