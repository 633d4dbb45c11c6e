import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { ROOT } from '../terminal.ts';

test('a frame of a 4 GiB machine at 200x50 takes less than 16 ms, however shredded its memory is', () => {
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, 'test', 'bench', 'frame.ts')],
    bundle: true,
    platform: 'node',
    write: false,
  });
  const text = execFileSync(process.execPath, ['-'], { encoding: 'utf8', input: outputFiles[0].text });
  const { freshMs, shreddedMs } = JSON.parse(text);
  expect(freshMs).toBeGreaterThan(0);
  expect(freshMs).toBeLessThan(16);
  expect(shreddedMs).toBeLessThan(16);
});
