import { packDecisions, unpackDecisions } from '../../../src/harness/decisionCodec.ts';

const size = (bytes: Uint8Array): number => bytes.length;

/** A generator of its own for each test: xorshift32. */
function numbers(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x;
  };
}

function roundTrip(hooks: number[], decisions: number[]): void {
  const tags = Uint8Array.from(hooks);
  const values = Int32Array.from(decisions);
  const unpacked = unpackDecisions(packDecisions(tags, values, size), values.length);
  expect(unpacked.hooks).toEqual(tags);
  expect(unpacked.decisions).toEqual(values);
}

test('none, one hook, all hooks, the ends of 32 bits', () => {
  roundTrip([], []);
  roundTrip([2], [-1]);
  roundTrip([2, 2, 2, 2], [0x7fffffff, -0x80000000, 0, -0x80000000]);
  roundTrip([0, 1, 2, 3, 4, 0], [0x12, 300, 4095, 1, 16, 0x321]);
});

test('hooks that were named later take room only where they were asked', () => {
  // As records were written when there were five: number, kind, bytes of each column that has any.
  const early = packDecisions(Uint8Array.of(2, 2), Int32Array.of(-1, 3), size);
  expect([...early]).toEqual([0, 0, 2, 0, 2, 0, 0, 1, 6]);
  const late = packDecisions(Uint8Array.of(2, 6), Int32Array.of(-1, 3), size);
  expect([...late]).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 2, 6, 1, 6]);
  roundTrip([2, 6], [-1, 3]);
  roundTrip([17, 0, 17, 5], [0x7fffffff, 1, -5, 10]);
  roundTrip([17], [16]);
  expect(() => unpackDecisions(late.slice(0, 8), 2)).toThrow(RangeError);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('whatever the decisions are, seed %i', seed => {
  const next = numbers(seed * 7919);
  const length = (next() >>> 0) % 400;
  const hooks = Array.from({ length }, () => (next() >>> 0) % 5);
  roundTrip(
    hooks,
    hooks.map(() => next() >> ((next() >>> 0) % 32)),
  );
});

test('steps are written where they are smaller than the values', () => {
  const climbing = Int32Array.from({ length: 1000 }, (_, i) => 100_000 + i);
  expect(packDecisions(new Uint8Array(1000), climbing, size).length).toBeLessThan(1020);
});

test('damaged bytes are a RangeError or other decisions, never anything else', () => {
  const hooks = Uint8Array.from({ length: 60 }, (_, i) => i % 3);
  const decisions = Int32Array.from({ length: 60 }, (_, i) => i * 37 - 500);
  const packed = packDecisions(hooks, decisions, size);
  let refused = 0;
  for (let at = 0; at < packed.length; at++) {
    for (const flip of [1, 0x80, 0xff]) {
      const bytes = packed.slice();
      bytes[at] ^= flip;
      try {
        expect(unpackDecisions(bytes, 60).decisions.length).toBe(60);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(60);
  for (let length = 0; length < packed.length; length++) {
    expect(() => unpackDecisions(packed.slice(0, length), 60)).toThrow(RangeError);
  }
  expect(() => unpackDecisions(packed, 59)).toThrow('60 of 59 decisions');
});
