/** Texts of apps on the page. */

/**
 * Escapes the characters that could make a text look like another: control characters, line breaks and those that change the direction
 * of writing, as in a Rust string.
 */
export function escapeText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
