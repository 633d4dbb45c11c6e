import { zipSync } from 'fflate';
import { readZip } from '../../../../src/cli/grade/archive.ts';
import {
  Budget,
  MAX_ENTRIES,
  MAX_FILE_BYTES,
  MAX_ZIP_BYTES,
  MAX_ZIP_DEPTH,
  Unreadable,
} from '../../../../src/cli/grade/limits.ts';

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
  expect(new TextDecoder().decode(files.get('a/card.ts') as Uint8Array)).toBe('export default {};');
});

test('entries that lead out of it', async () => {
  for (const name of ['../card.ts', 'a/../../card.ts', '/etc/card.ts', 'C:/card.ts', '..\\card.ts']) {
    expect(await refusal(zip({ [name]: text('x') }))).toMatch(/path: /);
  }
});

test('a bomb is refused by what it claims, and by what comes out of it', async () => {
  const bomb = zip({ 'card.ts': new Uint8Array(MAX_FILE_BYTES + 1) });
  expect((await readZip(bomb)).get('card.ts')).toMatchObject({
    name: 'Unreadable',
    message: `"card.ts" has more than ${MAX_FILE_BYTES} bytes`,
  });
  // The same with a size in its headers that is a lie.
  const liar = Buffer.from(bomb);
  const central = liar.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  liar.writeUInt32LE(10, 22);
  liar.writeUInt32LE(10, central + 24);
  expect(await refusal(liar)).toMatch(/too many bytes|more than/);
  const many = Object.fromEntries(
    Array.from({ length: MAX_ENTRIES + 1 }, (_, i) => [`${i}.txt`, new Uint8Array(0)]),
  );
  expect(await refusal(zip(many))).toBe(`it has more than ${MAX_ENTRIES} files: hand in the policies only`);
});

test('what is no zip, or half of one, or locked, or a link', async () => {
  const whole = zip({ 'card.ts': text('export default {};') });
  expect(await refusal(Buffer.from('no zip'))).toMatch(/^the zip cannot be read: /);
  expect(await refusal(whole.subarray(0, 40))).toMatch(/^the zip cannot be read: /);
  const central = whole.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  const locked = Buffer.from(whole);
  locked[central + 8] |= 1;
  expect(await refusal(locked)).toMatch(/encrypted/);
  const link = Buffer.from(whole);
  link.writeUInt32LE((0xa1ff << 16) >>> 0, central + 38);
  expect((await readZip(link)).get('card.ts')).toMatchObject({
    message: '"card.ts" is a symbolic link: hand in the file itself',
  });
  // Bytes that do not inflate.
  const torn = Buffer.from(whole);
  torn.fill(0xff, 38, 44);
  expect(await refusal(torn)).toMatch(/^the zip cannot be read: /);
});

test('what students rename to .zip is named', async () => {
  const tar = Buffer.alloc(1024);
  tar.write('ustar', 257, 'latin1');
  for (const [bytes, what] of [
    [Buffer.from('Rar!\x1a\x07\x01\x00....', 'latin1'), 'a RAR archive'],
    [Buffer.from('7z\xbc\xaf\x27\x1c....', 'latin1'), 'a 7-Zip archive'],
    [Buffer.from('\x1f\x8b\x08....', 'latin1'), 'a gzip file'],
    [tar, 'a tar archive'],
    [Buffer.from('%PDF-1.7'), 'a PDF file'],
    [Buffer.alloc(0), 'an empty file'],
  ] as const) {
    expect(await refusal(bytes)).toBe(`it is ${what}, not a zip: pack the files anew`);
  }
});

test('cut off at any byte it is refused, or is the whole of it', async () => {
  const whole = zip({ 'card.ts': text('export default {};'), 'b/c.ts': text('x') });
  for (let length = 0; length < whole.length; length += 7) await refusal(whole.subarray(0, length));
});

test('a zip in a zip is a folder, and all zips share what one submission may take', async () => {
  const inner = zip({ 'card.ts': text('x') });
  const names = async (bytes: Buffer): Promise<string[]> => [...(await readZip(bytes)).keys()];
  expect(await names(zip({ 'hw/inner.zip': inner, '__MACOSX/inner.zip': inner }))).toEqual([
    'hw/inner.zip/card.ts',
  ]);
  const broken = await readZip(zip({ 'a.zip': inner.subarray(0, 40), 'b.7z': inner, 'card.ts': text('x') }));
  expect(broken.get('a.zip')).toMatchObject({ message: expect.stringMatching(/^the zip cannot be read: /) });
  expect(broken.get('b.7z')).toMatchObject({ message: '"b.7z" is no zip: pack the files themselves' });
  expect(broken.get('card.ts')).toEqual(text('x'));
  let deep = inner;
  for (let depth = 0; depth <= MAX_ZIP_DEPTH; depth++) deep = zip({ 'z.zip': deep });
  const [[path, tooDeep], ...others] = [...(await readZip(deep))];
  expect(others).toEqual([]);
  expect(path).toBe(
    Array(MAX_ZIP_DEPTH + 1)
      .fill('z.zip')
      .join('/'),
  );
  expect(tooDeep).toMatchObject({ message: `zips are nested more than ${MAX_ZIP_DEPTH} deep` });
});

test('a bomb of zips in a zip is the end of the whole submission', async () => {
  const bomb = zip({ 'a.zip': zip({ 'a.o': text(''), 'b.o': text('') }), 'card.ts': text('x') });
  const full = new Budget();
  for (let entries = 2; entries < MAX_ENTRIES; entries++) full.entry();
  await expect(readZip(bomb, full)).rejects.toMatchObject({
    message: `it has more than ${MAX_ENTRIES} files: hand in the policies only`,
  });
  const packed = new Budget();
  packed.zip(MAX_ZIP_BYTES);
  await expect(readZip(bomb, packed)).rejects.toMatchObject({
    message: `the zips in it have more than ${MAX_ZIP_BYTES} bytes`,
  });
});

/** A zip of one stored entry whose name is these bytes. @param utf8 the flag that says so */
function named(name: Buffer, utf8: boolean): Buffer {
  const plain = zipSync({ ['x'.repeat(name.length) + '.ts']: text('x') }, { level: 0 });
  const bytes = Buffer.from(plain);
  const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  name.copy(bytes, 30);
  name.copy(bytes, central + 46);
  for (const flags of [6, central + 8]) {
    bytes.writeUInt16LE((bytes.readUInt16LE(flags) & ~0x800) | (utf8 ? 0x800 : 0), flags);
  }
  return bytes;
}

test('names in UTF-8, in the code page of DOS, with backslashes, in two normal forms', async () => {
  const names = async (bytes: Buffer): Promise<string[]> => [...(await readZip(bytes)).keys()];
  expect(await names(named(Buffer.from('grün/東'), true))).toEqual(['grün/東.ts']);
  expect(await names(named(Buffer.from('gr\x81n', 'latin1'), false))).toEqual(['grün.ts']);
  expect(await names(named(Buffer.from('hw\\lib\\a'), true))).toEqual(['hw/lib/a.ts']);
  expect(await names(named(Buffer.from('a\u0308'), true))).toEqual(['ä.ts']);
  expect(await names(named(Buffer.from('n'.repeat(60_000)), true))).toEqual([`${'n'.repeat(60_000)}.ts`]);
});

test('two entries of one name: a copy is one file, another text is nobody knows which', async () => {
  const twice = (second: string): Buffer =>
    Buffer.from(
      Buffer.from(zip({ 'card.ts': text('one'), 'cars.ts': text(second) }))
        .toString('latin1')
        .replaceAll('cars.ts', 'card.ts'),
      'latin1',
    );
  expect([...(await readZip(twice('one'))).keys()]).toEqual(['card.ts']);
  expect(await refusal(twice('two'))).toBe('the zip has two different files "card.ts"');
});
