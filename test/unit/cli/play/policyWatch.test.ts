import fs, { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchPolicy } from '../../../../src/cli/play/policyWatch.ts';

const PLAIN = "import { definePolicy } from 'oomph';\nexport default definePolicy({});\n";
const WITH_IMPORT = "import { limit } from './limit.ts';\nexport const more = limit;\n";

let folder: string;
let path: string;
let seen = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-watch-'));
  path = join(folder, 'policy.ts');
  seen = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

async function until(count: number): Promise<void> {
  for (let i = 0; i < 500 && seen < count; i++) await new Promise(resolve => setTimeout(resolve, 10));
  expect(seen).toBe(count);
}

const start = () =>
  watchPolicy([path, join(folder, 'policy.js')], () => {
    seen++;
  });

test('a file that appears, changes, is replaced and goes away is seen each time', async () => {
  const watch = start();
  writeFileSync(path, PLAIN);
  await until(1);
  writeFileSync(path, `${PLAIN}// more\n`);
  await until(2);
  writeFileSync(`${path}.new`, PLAIN);
  renameSync(`${path}.new`, path);
  await until(3);
  rmSync(path);
  await until(4);
  watch.stop();
});

test('a file where the folder of the policy should be is no policy', () => {
  writeFileSync(path, PLAIN);
  const watch = watchPolicy([join(path, 'zones', 'policy.ts')], () => {
    seen++;
  });
  watch.check();
  expect(seen).toBe(0);
  watch.stop();
});

test('saving the same text again is no change', () => {
  writeFileSync(path, PLAIN);
  const watch = start();
  writeFileSync(path, PLAIN);
  watch.check();
  expect(seen).toBe(0);
  writeFileSync(path, `${PLAIN}\n`);
  watch.check();
  watch.check();
  expect(seen).toBe(1);
  watch.stop();
});

test('a file that the policy imports counts as well', async () => {
  writeFileSync(path, WITH_IMPORT);
  writeFileSync(join(folder, 'limit.ts'), 'export const limit = 1;\n');
  const watch = start();
  writeFileSync(join(folder, 'limit.ts'), 'export const limit = 22;\n');
  await until(1);
  watch.stop();
});

test('what is saved while the policy is being read is not missed', async () => {
  writeFileSync(path, PLAIN);
  const close = jest.spyOn(fs, 'closeSync');
  close.mockImplementationOnce(fd => {
    close.mockRestore();
    fs.closeSync(fd);
    writeFileSync(path, `${PLAIN}// more\n`);
  });
  const watch = start();
  await until(1);
  watch.stop();
});
