import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal, readJournal } from '../../../../src/cli/grade/journal.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-journal-'));
  path = join(folder, 'results.journal');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** One of them holds what a record begins with. */
const TEXTS = [
  'first',
  '',
  Buffer.from([0xf1, 0x6f, 0x4a, 0xe2, 5, 0, 0, 0, 9]).toString('latin1'),
  'the last',
];
const HEAD_BYTES = 16;
const RECORD_BYTES = 16;
const NR = TEXTS.length;

function written(): Buffer {
  const journal = Journal.create(path);
  for (const text of TEXTS) journal.append(Buffer.from(text, 'latin1'));
  journal.close();
  return readFileSync(path);
}

function read(bytes: Uint8Array): { texts: string[]; damaged: number } {
  writeFileSync(path, bytes);
  const texts: string[] = [];
  const damaged = readJournal(path, content => texts.push(content.toString('latin1')));
  return { texts, damaged };
}

/** Where each record ends. */
function ends(): number[] {
  let at = HEAD_BYTES;
  return TEXTS.map(text => (at += RECORD_BYTES + text.length));
}

test('what was appended is read, in order, before anything is closed', () => {
  const journal = Journal.create(path);
  journal.append(Buffer.from('a'));
  journal.append(Buffer.from('b'));
  expect(read(readFileSync(path))).toEqual({ texts: ['a', 'b'], damaged: 0 });
  journal.close();
});

test('cut off at any byte, as a kill leaves it: every record before it is there, and nothing is called damaged', () => {
  const bytes = written();
  const at = ends();
  expect(bytes).toHaveLength(at[NR - 1]);
  for (let length = 0; length <= bytes.length; length++) {
    const whole = at.filter(end => end <= length).length;
    expect({ length, ...read(bytes.subarray(0, length)) }).toEqual({
      length,
      texts: TEXTS.slice(0, whole),
      damaged: 0,
    });
  }
});

test('a changed byte costs its own record and no other, and is told', () => {
  const bytes = written();
  const at = ends();
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] ^= 0x40;
    const record = i < HEAD_BYTES ? -1 : at.findIndex(end => i < end);
    const { texts, damaged } = read(changed);
    expect({ i, texts }).toEqual({ i, texts: TEXTS.filter((_, n) => n !== record) });
    // A length that leads beyond the end of the file is what a kill leaves too.
    const lengthOfLast = i >= at[NR - 2] + 4 && i < at[NR - 2] + 8;
    if (!lengthOfLast) expect({ i, damaged }).toEqual({ i, damaged: 1 });
  }
});

test('bytes of zeros at the end, as a power failure leaves them, are told', () => {
  expect(read(Buffer.concat([written(), Buffer.alloc(5000)]))).toEqual({ texts: TEXTS, damaged: 1 });
});

test('a file of something else holds no record', () => {
  expect(read(Buffer.from('some notes of somebody'))).toEqual({ texts: [], damaged: 1 });
  expect(read(Buffer.alloc(200_000, 0xf1))).toEqual({ texts: [], damaged: 1 });
});
