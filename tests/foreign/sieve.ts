// Counts the primes up to n. Uses the garbage-collected heap of AssemblyScript's runtime.
export function primes(n: i32): i32 {
  const composite = new Array<bool>(n + 1);
  let count = 0;
  for (let i = 2; i <= n; i++) {
    if (composite[i]) continue;
    count++;
    for (let j = 2 * i; j <= n; j += i) composite[j] = true;
  }
  return count;
}
