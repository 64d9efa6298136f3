import assert from "node:assert/strict";
import { test } from "node:test";
import { likelyValue, parseValue, showValue } from "../src/protocol/value.js";

test("words become values of the type that a function takes", () => {
  assert.deepEqual(parseValue("-1", "i32"), { type: "i32", value: -1 });
  assert.deepEqual(parseValue("4294967295", "i32"), { type: "i32", value: 4294967295 });
  assert.deepEqual(parseValue("0x10", "i64"), { type: "i64", value: 16n });
  assert.deepEqual(parseValue("-inf", "f32"), { type: "f32", value: -Infinity });
  assert.deepEqual(parseValue("1.5", "f64"), { type: "f64", value: 1.5 });
  const wrong = [["4294967296", "i32"], ["-2147483649", "i32"], ["1.5", "i64"], ["", "f32"], ["x", "f64"]] as const;
  for (const [word, type] of wrong) assert.equal(parseValue(word, type), undefined, word);
});

test("a word has the first type that fits", () => {
  const types = ["7", "99999999999", "0.5"].map((word) => likelyValue(word)?.type);
  assert.deepEqual(types, ["i32", "i64", "f64"]);
  assert.equal(likelyValue("seven"), undefined);
});

test("an f32 is shown without the digits that it does not have", () => {
  assert.equal(showValue({ type: "f32", value: Math.fround(0.1) }), "0.1");
  assert.equal(showValue({ type: "f64", value: 0.1 + 0.2 }), "0.30000000000000004");
  assert.equal(showValue({ type: "i64", value: -(2n ** 63n) }), "-9223372036854775808");
});
