import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkUniqueIds, parseChallenge } from '../../../src/spec/challenge.ts';
import { loadChallenge } from '../../../src/spec/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const valid = readFileSync(join(__dirname, '../../fixtures/malformed/valid.yaml'), 'utf8');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const codes = (text: string): string[] => parseChallenge(bytes(text), 'x.yaml').diagnostics.map(d => d.code);

function sparse(name: string, size: number): string {
  const path = join(folder, name);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  closeSync(fd);
  return path;
}

describe('files that are not read', () => {
  test('100 MB is refused at once, with its size', () => {
    const path = sparse('huge.yaml', 100 << 20);
    loadChallenge(path);
    const { plan, diagnostics } = loadChallenge(path);
    expect(plan).toBeNull();
    expect(diagnostics).toEqual([
      {
        code: 'E-FILE-TOO-LARGE',
        severity: 'error',
        file: path,
        line: 1,
        column: 1,
        length: 1,
        message: 'the file has 100 MiB; a challenge may have 1 MiB',
        expected: 'a YAML file of at most 1048576 bytes',
      },
    ]);
  });

  test('the limit is exactly 1 MiB', () => {
    const at = join(folder, 'at.yaml');
    writeFileSync(at, valid + ' '.repeat((1 << 20) - valid.length));
    expect(loadChallenge(at).diagnostics).toEqual([]);
    writeFileSync(at, valid + ' '.repeat((1 << 20) - valid.length + 1));
    expect(loadChallenge(at).diagnostics[0].message).toBe('the file has 1 MiB; a challenge may have 1 MiB');
    expect(parseChallenge(new Uint8Array((1 << 20) + 1), 'x').diagnostics[0].code).toBe('E-FILE-TOO-LARGE');
  });

  test('a file that is not there, with the name as it was given', () => {
    const path = join(folder, 'missing.yaml');
    const [d] = loadChallenge(path).diagnostics;
    expect([d.code, d.file]).toEqual(['E-FILE-NOT-FOUND', path]);
    expect(d.message).toContain(path);
    expect(loadChallenge('').diagnostics[0].code).toBe('E-FILE-NOT-FOUND');
    expect(loadChallenge('a\0b').diagnostics[0].code).toBe('E-FILE-NOT-FOUND');
    expect(loadChallenge(join(__filename, 'x')).diagnostics[0].code).toBe('E-FILE-NOT-FOUND');
  });

  test('a folder, with the file that was meant', () => {
    const [d] = loadChallenge(`${folder}/`).diagnostics;
    expect([d.code, d.expected]).toEqual([
      'E-FILE-NOT-REGULAR',
      `a challenge file, such as ${folder}/challenge.yaml`,
    ]);
  });

  const posix = process.platform === 'win32' ? test.skip : test;
  posix('devices, and a pipe that nobody writes to', () => {
    expect(loadChallenge('/dev/zero').diagnostics[0].code).toBe('E-FILE-NOT-REGULAR');
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(loadChallenge(fifo).diagnostics[0].code).toBe('E-FILE-NOT-REGULAR');
  });

  (process.getuid?.() === 0 ? test.skip : posix)('a file that may not be read', () => {
    const path = join(folder, 'secret.yaml');
    writeFileSync(path, valid);
    chmodSync(path, 0);
    expect(loadChallenge(path).diagnostics[0].code).toBe('E-FILE-UNREADABLE');
  });

  posix('a name that leads in a circle', () => {
    const loop = join(folder, 'loop');
    execFileSync('ln', ['-s', loop, loop]);
    expect(loadChallenge(loop).diagnostics[0].code).toBe('E-FILE-UNREADABLE');
  });
});

describe('bytes', () => {
  test('a byte order mark and CRLF change nothing', () => {
    const { plan } = parseChallenge(bytes(valid), 'x');
    expect(parseChallenge(bytes(`\ufeff${valid}`), 'x').plan).toEqual(plan);
    expect(parseChallenge(bytes(valid.replace(/\n/g, '\r\n')), 'x').plan).toEqual(plan);
    expect(parseChallenge(bytes(`${valid}...\n`), 'x').plan).toEqual(plan);
    expect(parseChallenge(bytes(`---\n${valid}`), 'x').diagnostics).toEqual([]);
  });

  test('columns after a mark and after wide characters count UTF-16 units', () => {
    const text = `\ufeffchallenge: 1\ntitle: {漢字😀: 1}\n`;
    const d = parseChallenge(bytes(text), 'x').diagnostics.find(x => x.code === 'E-TYPE');
    expect([d?.line, d?.column]).toEqual([2, 8]);
  });

  test.each([
    [[0x80], 0],
    [[0x61, 0xc0, 0x80], 1],
    [[0xe0, 0x80, 0x80], 0],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0x0a, 0xf0, 0x9f, 0x98], 1],
    [[0xff], 0],
  ])('%j is not UTF-8', (list, offset) => {
    const [d] = parseChallenge(Uint8Array.from(list), 'x').diagnostics;
    expect(d.code).toBe('E-FILE-UTF8');
    expect(d.message).toContain(`at offset ${offset} `);
  });

  test('UTF-32 is told from UTF-16', () => {
    const { diagnostics } = parseChallenge(Uint8Array.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), 'x');
    expect(diagnostics[0].message).toContain('UTF-32');
  });
});

describe('bombs', () => {
  test('aliases of aliases are cut off early', () => {
    let bomb = 'a: &a [x, x, x, x, x, x, x, x, x]\n';
    for (const [before, name] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi', 'ij']) {
      bomb += `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]\n`;
    }
    const found = parseChallenge(bytes(valid + bomb), 'x').diagnostics.filter(
      d => d.code === 'E-YAML-ALIAS-BOMB',
    );
    expect(found.map(d => d.line)).toEqual([40]);
  });

  test('plain anchors are fine', () => {
    const text = valid
      .replace('gfp: [GFP_ATOMIC, GFP_DMA]', 'gfp: &mask [GFP_ATOMIC, GFP_DMA]')
      .replace('gfp: [GFP_USER]', 'gfp: *mask')
      .replace('{uniform: [10ms, 50ms]}', '&pause {uniform: [10ms, 50ms]}')
      .replace('{exponential: 200ms}', '20ms');
    const { plan, diagnostics } = parseChallenge(bytes(text), 'x');
    expect(diagnostics).toEqual([]);
    expect(plan?.workload.tasks[1].run[0]).toMatchObject({ gfp: 0x21 });
  });

  test('a fault in an anchored value is told once, where it is written', () => {
    const text = valid
      .replace('gfp: [GFP_ATOMIC, GFP_DMA]', 'gfp: &mask [GFP_ATOMC, GFP_DMA]')
      .replace('gfp: [GFP_USER]', 'gfp: *mask');
    expect(codes(text)).toEqual(['E-GFP-UNKNOWN']);
  });

  test.each([
    ['brackets', '['.repeat(150_000), 'E-YAML-DEPTH'],
    ['more brackets', '['.repeat(1_000_000), 'E-FILE-TOO-LARGE'],
    ['dashes', '- '.repeat(90_000), 'E-YAML-DEPTH'],
    ['indentation', Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'E-YAML-DEPTH'],
    ['equal keys', 'a: 1\n'.repeat(200_000), 'E-FILE-TOO-LARGE'],
    ['commas', `[${','.repeat(1_000_000)}`, 'E-FILE-TOO-LARGE'],
  ])('%s', (_, text, code) => {
    expect(codes(text)).toEqual([code]);
  });

  test('a hundred faults are shown and the rest are counted', () => {
    const list = codes(`${valid}${Array.from({ length: 400 }, (_, i) => `wrong${i}: 1`).join('\n')}\n`);
    expect(list.length).toBe(101);
    expect(list[100]).toBe('E-TOO-MANY');
  });

  test('a long line is framed by a window around the fault', () => {
    const text = valid.replace(
      'seeds: [1, 2, 3]',
      `seeds: [${Array.from({ length: 5000 }, (_, i) => i).join(', ')}, x, 7000]`,
    );
    const [d] = parseChallenge(bytes(text), 'x').diagnostics;
    expect(d.code).toBe('E-TYPE');
    const { lines, firstLine, firstColumn = 1 } = d.frame!;
    expect(lines.every(l => l.length <= 240)).toBe(true);
    expect(lines[d.line - firstLine][d.column - firstColumn]).toBe('x');
  });
});

test('ids are unique within a collection', () => {
  const { plan } = parseChallenge(bytes(valid), 'a');
  const other = { file: 'c', plan: { ...plan!, id: 'zones/other' } };
  expect(checkUniqueIds([{ file: 'a', plan }, other, { file: 'x', plan: null }])).toEqual([]);
  const [d, ...more] = checkUniqueIds([{ file: 'a', plan }, other, { file: 'b', plan }]);
  expect([d.code, d.file, more.length]).toEqual(['E-ID-DUPLICATE', 'b', 0]);
  expect(d.message).toContain('a already');
});

test('a policy that is not there is a warning, where somebody looks', () => {
  const named = bytes(
    valid.replace(/^policy:.*(\n +.*)*/m, 'policy: {hooks: [zonelist], reference: mine.ts}'),
  );
  const codes = (isThere?: (path: string) => boolean) =>
    parseChallenge(named, 'a', isThere === undefined ? {} : { isThere }).diagnostics.map(d => d.code);
  expect(codes()).toEqual([]);
  expect(codes(path => path === 'mine.ts')).toEqual([]);
  expect(codes(() => false)).toEqual(['W-POLICY-MISSING']);
});

test('a mask that may sleep where it must not is no fault of a challenge that leaves masks to the player', () => {
  const sleeps = valid.replace('gfp: [GFP_ATOMIC, GFP_DMA]', 'gfp: [GFP_KERNEL, GFP_DMA]');
  expect(codes(sleeps)).toContain('W-GFP-SLEEP');
  expect(codes(sleeps.replace('hooks: [zonelist]', 'hooks: [gfp]'))).not.toContain('W-GFP-SLEEP');
});
