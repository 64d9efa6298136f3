// The CRC-32 (as in zlib and Ethernet) of a text that is part of the module. The result depends on the module's bytes and on the
// argument. `checksum(seed)` equals zlib's `crc32(seed, text, length)`.
#include "sdk/wamr.h"

static const char text[] = "The quick brown fox jumps over the lazy dog";

uint32_t EXPORT(checksum)(uint32_t seed) {
    uint32_t crc = ~seed;
    for (uint32_t i = 0; i < sizeof text - 1; i++) {
        crc ^= (uint8_t)text[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}
