import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const GOLDEN = join(__dirname, '../../../golden');

/** Compare with test/golden/FOLDER/NAME; `OOMPH_ACCEPT=1 npx jest test/unit/report/proc` writes what is printed now, to be reviewed. */
export function expectGolden(name: string, text: string, folder = 'proc'): void {
  const file = join(GOLDEN, folder, name);
  if (process.env['OOMPH_ACCEPT']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file)).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
