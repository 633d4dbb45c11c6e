import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = join(__dirname, '../../../golden/proc');

/** Compare with test/golden/proc/NAME; `OOMPH_ACCEPT=1 npx jest test/unit/report/proc` writes what is printed now, to be reviewed. */
export function expectGolden(name: string, text: string): void {
  const file = join(FOLDER, name);
  if (process.env['OOMPH_ACCEPT']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file)).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
