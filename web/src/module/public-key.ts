/** Public keys in files, as `wamrctl keygen` and `wasmsign2` write them: the algorithm, then the key. */

const ED25519 = 1;
const ED25519_PAIR = 0x81;
const KEY_SIZE = 32;

/** The file is not a public key. */
export class BadKey extends Error {}

export function readPublicKey(file: Uint8Array): Uint8Array {
  if (file[0] === ED25519_PAIR) throw new BadKey("This is a secret key. Choose the file with the public one, which ends in .pub.");
  if (file[0] !== ED25519 || file.length !== 1 + KEY_SIZE) throw new BadKey("This is not a public key that “wamrctl keygen” wrote.");
  return file.subarray(1);
}
