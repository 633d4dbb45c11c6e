import type { Tape } from '../../../../src/contract/tape.ts';
import { CHUNK_ROWS, FrameReader, HEADER_BYTES } from '../../../../src/harness/sandbox/frames.ts';
import { ArrivingTape, encodeRows, TapeMemory } from '../../../../src/harness/sandbox/rows.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { planOf, tapeOf } from '../../../hostile/sandboxed.ts';

const COLUMNS = Object.entries(tapeOf(1)).flatMap(([name, value]) =>
  ArrayBuffer.isView(value) ? [name as 'timeUs'] : [],
);

/** A tape of so many rows, each column of it filled by `fill`. */
function tapeWith(nrOps: number, fill: (row: number, column: string) => number): Tape {
  const tape = { ...new TapeMemory().tape({ nrOps, nrSlots: nrOps, nrInstances: 3, nrDaemons: 2 }) };
  for (const name of COLUMNS) for (let row = 0; row < nrOps; row++) tape[name][row] = fill(row, name);
  return tape;
}

function sent(tape: Tape, memory?: TapeMemory): { arrived: Tape; bytes: number } {
  const arriving = new ArrivingTape(tape, memory);
  let bytes = 0;
  for (let row = 0; row < tape.nrOps; row += CHUNK_ROWS) {
    const frame = encodeRows(tape, row, Math.min(CHUNK_ROWS, tape.nrOps - row));
    bytes += frame.length;
    arriving.add(frame.subarray(HEADER_BYTES));
  }
  expect(arriving.rows).toBe(tape.nrOps);
  return { arrived: arriving.tape, bytes };
}

const MIXED = (row: number): number => (row * 2_654_435_761) % 4_294_967_296;

test.each<[string, number, (row: number, column: string) => number]>([
  ['one number', 5000, () => 7],
  ['a byte apart', 5000, row => 1000 + (MIXED(row) % 256)],
  ['two bytes apart', 5000, row => MIXED(row) % 65_536],
  ['small steps over a wide range', 5000, row => row * 60_000],
  ['four bytes apart', 5000, row => MIXED(row)],
  ['from one end of 32 bits to the other', 3, row => [-2_147_483_648, 2_147_483_647, 0][row]],
  ['fractions, and far apart', 200, row => MIXED(row) / 7 + (row % 2) * 2 ** 52],
  ['negative ones, downwards', 5000, row => 1 - row * 30],
  ['NIL among others', 5000, row => (row % 3 === 0 ? -1 : row)],
  ['a single row', 1, (_, column) => column.length],
])('rows arrive as they were sent: %s', (_, nrOps, fill) => {
  const tape = tapeWith(nrOps, fill);
  const { arrived } = sent(tape);
  expect(arrived).toEqual(tape);
});

test('a tape is less than half of its size on the way', () => {
  const tape = tapeOf(5000);
  const { arrived, bytes } = sent(tape);
  expect(arrived).toEqual(tape);
  const inMemory = COLUMNS.reduce((sum, name) => sum + tape[name].byteLength, 0);
  expect(bytes).toBeLessThan(inMemory / 2);
});

test('the memory of one tape serves the next, longer or shorter, and nothing of the first is in it', () => {
  const memory = new TapeMemory();
  for (const nrOps of [100, 9000, 300, 10_000, 5]) {
    const tape = tapeWith(nrOps, row => row % 100);
    const { arrived } = sent(tape, memory);
    expect(arrived).toEqual(tape);
    expect(arrived.timeUs).toHaveLength(nrOps);
  }
});

test('tapes that arrive have the shape of those that are compiled: V8 would compile everything for both', () => {
  const compiled = compileTape(planOf({}), 1);
  expect(Object.keys(new ArrivingTape(compiled).tape)).toEqual(Object.keys(compiled));
});

test('frames are cut out of a stream wherever it is cut itself', () => {
  const tape = tapeWith(2 * CHUNK_ROWS, MIXED);
  const frames = [0, CHUNK_ROWS].map(row => encodeRows(tape, row, CHUNK_ROWS));
  const stream = Buffer.concat([...frames, ...frames]);
  for (const step of [1, 7, 4096, 65_536, stream.length]) {
    const reader = new FrameReader(1 << 20);
    const cut = [];
    for (let at = 0; at < stream.length; at += step) cut.push(...reader.push(stream.subarray(at, at + step)));
    expect(cut.map(({ payload }) => Buffer.compare(payload, frames[0].subarray(HEADER_BYTES)))).toEqual([
      0,
      expect.any(Number),
      0,
      expect.any(Number),
    ]);
    expect(cut.map(({ payload }) => payload.length + HEADER_BYTES)).toEqual(
      [...frames, ...frames].map(frame => frame.length),
    );
    expect(reader.rest).toBe(0);
  }
});

test('a frame that is too long is refused before it is there', () => {
  const reader = new FrameReader(100);
  expect(reader.push(Uint8Array.of(101, 0, 0))).toEqual([]);
  expect(reader.rest).toBe(3);
  expect(() => reader.push(Uint8Array.of(0, 16))).toThrow('a frame of 101 bytes');
});
