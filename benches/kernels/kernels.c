/* SPDX-License-Identifier: Apache-2.0
 *
 * Work of the kinds that Embench-IoT names, written for this project. Each kernel takes how often to do it and returns a number
 * that shows that it was done.
 */

typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define KERNEL(name) __attribute__((export_name(#name))) int name(int rounds)
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* The same "random" numbers everywhere: a linear congruential generator. */
static u32 seed;

static u32
random(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* 64-bit arithmetic: a power modulo an odd number in Montgomery's form. */
static u64
multiply_high(u64 a, u64 b)
{
    u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
    u64 middle = ah * bl + (al * bl >> 32);
    u64 cross = al * bh + (u32)middle;
    return ah * bh + (middle >> 32) + (cross >> 32);
}

static u64
montgomery(u64 a, u64 b, u64 modulus, u64 inverse)
{
    u64 low = a * b, high = multiply_high(a, b);
    u64 reduced = multiply_high(low * inverse, modulus);
    return high >= reduced ? high - reduced : high - reduced + modulus;
}

KERNEL(mont64)
{
    const u64 modulus = 0xfffffffffffffac5;
    u64 inverse = modulus, x = 3, product = 1;
    for (int i = 0; i < 5; i++)
        inverse *= 2 - modulus * inverse;
    for (; rounds > 0; rounds--) {
        for (u64 exponent = modulus - 2; exponent; exponent >>= 1) {
            if (exponent & 1)
                product = montgomery(product, x, modulus, inverse);
            x = montgomery(x, x, modulus, inverse);
        }
    }
    return (int)(product ^ product >> 32);
}

/* Floating point of 64 bits: bodies that attract each other. */
KERNEL(nbody)
{
    struct { double at[3], speed[3], mass; } bodies[5];
    for (int i = 0; i < COUNT(bodies); i++) {
        for (int k = 0; k < 3; k++) {
            bodies[i].at[k] = (i + 1) * (k + 2) % 7;
            bodies[i].speed[k] = (i * 3 + k) % 5 * 0.01;
        }
        bodies[i].mass = 1.0 / (i + 1);
    }
    for (; rounds > 0; rounds--) {
        for (int i = 0; i < COUNT(bodies); i++) {
            for (int j = i + 1; j < COUNT(bodies); j++) {
                double apart[3], square = 0.01;
                for (int k = 0; k < 3; k++) {
                    apart[k] = bodies[i].at[k] - bodies[j].at[k];
                    square += apart[k] * apart[k];
                }
                double pull = 0.001 / (square * __builtin_sqrt(square));
                for (int k = 0; k < 3; k++) {
                    bodies[i].speed[k] -= apart[k] * bodies[j].mass * pull;
                    bodies[j].speed[k] += apart[k] * bodies[i].mass * pull;
                }
            }
        }
        for (int i = 0; i < COUNT(bodies); i++)
            for (int k = 0; k < 3; k++)
                bodies[i].at[k] += bodies[i].speed[k] * 0.001;
    }
    double sum = 0;
    for (int i = 0; i < COUNT(bodies); i++)
        sum += bodies[i].at[0] + bodies[i].at[1] + bodies[i].at[2];
    return (int)(sum * 1e6);
}

/* Shifts and rotations of 32 bits: a block cipher of the ARX kind (ChaCha20's rounds, RFC 8439). */
static u32
rotate(u32 x, int by)
{
    return x << by | x >> (32 - by);
}

static void
quarter(u32 *x, int a, int b, int c, int d)
{
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

KERNEL(chacha)
{
    u32 block[16], sum = 0;
    for (int i = 0; i < 16; i++)
        block[i] = 0x9e3779b9u * (u32)(i + 1);
    for (; rounds > 0; rounds--) {
        u32 x[16];
        for (int i = 0; i < 16; i++)
            x[i] = block[i];
        for (int i = 0; i < 10; i++) {
            for (int k = 0; k < 4; k++)
                quarter(x, k, 4 + k, 8 + k, 12 + k);
            for (int k = 0; k < 4; k++)
                quarter(x, k, 4 + (k + 1) % 4, 8 + (k + 2) % 4, 12 + (k + 3) % 4);
        }
        for (int i = 0; i < 16; i++)
            sum = rotate(sum, 1) ^ (x[i] + block[i]);
        block[12]++;
    }
    return (int)sum;
}

/* Multiply and accumulate on 16-bit samples: a filter. */
KERNEL(fir)
{
    static i16 samples[256], taps[32], out[256 - 32];
    seed = 1;
    for (int i = 0; i < COUNT(samples); i++)
        samples[i] = (i16)random();
    for (int i = 0; i < COUNT(taps); i++)
        taps[i] = (i16)(i * (COUNT(taps) - i));
    u32 sum = 0;
    for (; rounds > 0; rounds--) {
        for (int i = 0; i < COUNT(out); i++) {
            int value = 0;
            for (int k = 0; k < COUNT(taps); k++)
                value += samples[i + k] * taps[k];
            out[i] = (i16)(value >> 12);
        }
        for (int i = 0; i < COUNT(out); i++)
            sum = sum * 31 + (u32)out[i];
        samples[rounds & 255]++;
    }
    return (int)sum;
}

/* Indirection and comparison: merges sorted runs until all is sorted. */
KERNEL(sort)
{
    static u32 numbers[512], merged[512];
    u32 sum = 0;
    for (; rounds > 0; rounds--) {
        seed = (u32)rounds;
        for (int i = 0; i < COUNT(numbers); i++)
            numbers[i] = random();
        u32 *from = numbers, *to = merged;
        for (int width = 1; width < COUNT(numbers); width *= 2) {
            for (int start = 0; start < COUNT(numbers); start += 2 * width) {
                int a = start, b = start + width;
                for (int i = start; i < start + 2 * width; i++) {
                    int first = b == start + 2 * width || (a < start + width && from[a] <= from[b]);
                    to[i] = from[first ? a++ : b++];
                }
            }
            u32 *swap = from;
            from = to, to = swap;
        }
        for (int i = 1; i < COUNT(numbers); i++)
            sum = sum * 31 + from[i] + (from[i - 1] <= from[i]);
    }
    return (int)sum;
}

/* Branches of a state machine: splits text into numbers, names, strings and comments. */
KERNEL(scanner)
{
    static const char text[] = "let speed = 37 * (gain + 0x1f) / 3; # per second\n"
                               "print(\"speed: \\\"%d\\\"\", speed, limit[12], -7.25e3); # done\n";
    enum { SPACE, NAME, NUMBER, STRING, ESCAPE, COMMENT } state = SPACE;
    u32 sum = 0;
    for (; rounds > 0; rounds--) {
        for (const char *at = text; *at; at++) {
            char c = *at;
            int letter = (c | 32) >= 'a' && (c | 32) <= 'z', digit = c >= '0' && c <= '9';
            switch (state) {
                case NAME:
                    if (!letter && !digit)
                        state = SPACE;
                    break;
                case NUMBER:
                    if (!letter && !digit && c != '.')
                        state = SPACE;
                    break;
                case STRING:
                    state = c == '"' ? SPACE : c == '\\' ? ESCAPE : STRING;
                    break;
                case ESCAPE:
                    state = STRING;
                    break;
                case COMMENT:
                    if (c == '\n')
                        state = SPACE;
                    break;
                case SPACE:
                    state = letter ? NAME : digit ? NUMBER : c == '"' ? STRING : c == '#' ? COMMENT : SPACE;
                    break;
            }
            sum = sum * 33 + state;
        }
    }
    return (int)sum;
}

/* A heap and a tree: lengths of Huffman's codes for the bytes of a text. */
KERNEL(huffman)
{
    static u16 heap[64], parent[128];
    static u32 weight[128];
    u32 sum = 0;
    for (; rounds > 0; rounds--) {
        int leaves = 64, nodes = leaves, length = 0;
        seed = (u32)rounds;
        for (int i = 0; i < leaves; i++)
            weight[i] = 1 + random() % (1 + 997 / (u32)(1 + i));
        for (int i = 0; i < leaves; i++) {
            int at = length++;
            for (; at > 0 && weight[heap[(at - 1) / 2]] > weight[i]; at = (at - 1) / 2)
                heap[at] = heap[(at - 1) / 2];
            heap[at] = (u16)i;
        }
        while (length > 1) {
            int lightest[2];
            for (int k = 0; k < 2; k++) {
                lightest[k] = heap[0];
                u16 last = heap[--length];
                int at = 0;
                for (int child; (child = 2 * at + 1) < length; at = child) {
                    if (child + 1 < length && weight[heap[child + 1]] < weight[heap[child]])
                        child++;
                    if (weight[last] <= weight[heap[child]])
                        break;
                    heap[at] = heap[child];
                }
                heap[at] = last;
            }
            weight[nodes] = weight[lightest[0]] + weight[lightest[1]];
            parent[lightest[0]] = parent[lightest[1]] = (u16)nodes;
            int at = length++;
            for (; at > 0 && weight[heap[(at - 1) / 2]] > weight[nodes]; at = (at - 1) / 2)
                heap[at] = heap[(at - 1) / 2];
            heap[at] = (u16)nodes++;
        }
        for (int i = 0; i < leaves; i++)
            for (int node = i; node < nodes - 1; node = parent[node])
                sum += weight[i];
    }
    return (int)sum;
}

/* Floating point of 32 bits: inverts a matrix by Gauss and Jordan. */
KERNEL(inverse)
{
    enum { N = 6 };
    float sum = 0;
    for (; rounds > 0; rounds--) {
        float rows[N][2 * N];
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < N; k++) {
                rows[i][k] = 1.0f / (float)(i + k + 1) + (i == k ? (float)(rounds % 7 + 1) : 0);
                rows[i][N + k] = i == k;
            }
        }
        for (int pivot = 0; pivot < N; pivot++) {
            float scale = 1.0f / rows[pivot][pivot];
            for (int k = 0; k < 2 * N; k++)
                rows[pivot][k] *= scale;
            for (int i = 0; i < N; i++) {
                float factor = rows[i][pivot];
                for (int k = 0; i != pivot && k < 2 * N; k++)
                    rows[i][k] -= factor * rows[pivot][k];
            }
        }
        for (int i = 0; i < N; i++)
            sum += rows[i][2 * N - 1 - i];
    }
    return (int)(sum * 1000);
}
