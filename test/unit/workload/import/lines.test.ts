import { eachLine } from '../../../../src/workload/import/lines.ts';
import { withoutPrefix } from '../../../../src/workload/import/logPrefix.ts';

async function linesOf(chunks: string[]): Promise<[string, number][]> {
  const lines: [string, number][] = [];
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
  }
  await eachLine(bytes(), (line, number) => lines.push([line, number]));
  return lines;
}

test('however the bytes come, the lines are the same', async () => {
  const text = 'one\r\ntwo\n\nfour is longer\nfive';
  const whole = await linesOf([text]);
  expect(whole).toEqual([
    ['one', 1],
    ['two', 2],
    ['', 3],
    ['four is longer', 4],
    ['five', 5],
  ]);
  for (let size = 1; size < text.length; size++) {
    const chunks: string[] = [];
    for (let at = 0; at < text.length; at += size) chunks.push(text.slice(at, at + size));
    expect(await linesOf(chunks)).toEqual(whole);
  }
});

test('a line without an end does not fill the memory, and those behind it keep their numbers', async () => {
  const long = 'x'.repeat(1 << 15);
  expect(await linesOf(['a\n', long, long, long, long, '\nb\n'])).toEqual([
    ['a', 1],
    ['b', 3],
  ]);
});

const FAILURE = 'java: page allocation failure: order:4, mode:0xd0';
test.each([
  '',
  '<4>',
  '[  123.456789] ',
  '<4>[12345.342532] ',
  '[   14.017580][    T1] ',
  '[Mon Apr 20 15:08:07 2020] ',
  '[Di Aug 12 03:54:03 2025] ',
  '[mer. avril 1 03:54:03 2025] ',
  'Nov 12 03:11:22 host kernel: ',
  'Nov  2 03:11:22 host kernel: [123.456] ',
  '2024-02-09T08:09:39.123456+01:00 host kernel: ',
  '2024-02-09 08:09:39 host kernel: [    1.5] ',
  'Feb 09 08:09:39 host kernel[77]: ',
  'kernel: ',
  'kern  :warn  : [    5.000000] ',
  '[Sep 23 22:56:09] kern kernel: .(1)[3386:bwrap]',
  '> > ',
  '>> Nov 12 03:11:22 host kernel: ',
])('before the words of the kernel: %s', prefix => {
  expect(withoutPrefix(`${prefix}${FAILURE}`)).toBe(FAILURE);
});
