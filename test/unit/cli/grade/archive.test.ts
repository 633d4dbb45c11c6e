import { zipSync } from 'fflate';
import { readZip } from '../../../../src/cli/grade/archive.ts';
import { MAX_ENTRIES, MAX_FILE_BYTES, Unreadable } from '../../../../src/cli/grade/limits.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const zip = (files: Record<string, Uint8Array>): Buffer => Buffer.from(zipSync(files));

async function refusal(bytes: Buffer): Promise<string> {
  const error = await readZip(bytes).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Unreadable);
  return (error as Unreadable).message;
}

test('the policies in it, whatever else is', async () => {
  const files = await readZip(
    zip({
      'a/card.ts': text('export default {};'),
      './b.yaml': text('policy: 1'),
      'a/pins.d.ts': text('no'),
      '__MACOSX/a/._card.ts': text('no'),
      'node_modules/x/index.js': text('no'),
      '.git/hook.js': text('no'),
      'photo.png': new Uint8Array(MAX_FILE_BYTES + 1),
    }),
  );
  expect([...files.keys()].sort()).toEqual(['a/card.ts', 'b.yaml']);
  expect(new TextDecoder().decode(files.get('a/card.ts'))).toBe('export default {};');
});

test('entries that lead out of it', async () => {
  for (const name of ['../card.ts', 'a/../../card.ts', '/etc/card.ts', 'C:/card.ts', '..\\card.ts']) {
    expect(await refusal(zip({ [name]: text('x') }))).toMatch(/path: /);
  }
});

test('a bomb is refused by what it claims, and by what comes out of it', async () => {
  const bomb = zip({ 'card.ts': new Uint8Array(MAX_FILE_BYTES + 1) });
  expect(await refusal(bomb)).toBe(`"card.ts" has more than ${MAX_FILE_BYTES} bytes`);
  // The same with a size in its headers that is a lie.
  const liar = Buffer.from(bomb);
  const central = liar.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  liar.writeUInt32LE(10, 22);
  liar.writeUInt32LE(10, central + 24);
  expect(await refusal(liar)).toMatch(/too many bytes|more than/);
  const many = Object.fromEntries(
    Array.from({ length: MAX_ENTRIES + 1 }, (_, i) => [`${i}.txt`, new Uint8Array(0)]),
  );
  expect(await refusal(zip(many))).toBe(`the zip has more than ${MAX_ENTRIES} entries`);
});

test('what is no zip, or half of one, or locked, or a link', async () => {
  const whole = zip({ 'card.ts': text('export default {};') });
  expect(await refusal(Buffer.from('no zip'))).toMatch(/^the zip cannot be read: /);
  expect(await refusal(Buffer.alloc(0))).toMatch(/^the zip cannot be read: /);
  expect(await refusal(whole.subarray(0, 40))).toMatch(/^the zip cannot be read: /);
  const central = whole.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  const locked = Buffer.from(whole);
  locked[central + 8] |= 1;
  expect(await refusal(locked)).toMatch(/encrypted/);
  const link = Buffer.from(whole);
  link.writeUInt32LE((0xa1ff << 16) >>> 0, central + 38);
  expect(await refusal(link)).toMatch(/symbolic link/);
  // Bytes that do not inflate.
  const torn = Buffer.from(whole);
  torn.fill(0xff, 38, 44);
  expect(await refusal(torn)).toMatch(/^the zip cannot be read: /);
});
