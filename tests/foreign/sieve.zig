//! Counts the primes up to n. Uses Zig's allocator, which grows the linear memory.
const std = @import("std");

export fn primes(n: u32) u32 {
    const composite = std.heap.wasm_allocator.alloc(bool, n + 1) catch @panic("out of memory");
    defer std.heap.wasm_allocator.free(composite);
    @memset(composite, false);
    var count: u32 = 0;
    var i: u32 = 2;
    while (i <= n) : (i += 1) {
        if (composite[i]) continue;
        count += 1;
        var j = 2 * i;
        while (j <= n) : (j += i) composite[j] = true;
    }
    return count;
}
