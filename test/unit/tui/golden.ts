import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = join(__dirname, '..', '..', 'golden', 'tui');

/** Compare with test/golden/tui/NAME.txt; `OOMPH_ACCEPT=1 npx jest test/unit/tui` writes what is drawn now, to be reviewed. */
export function expectGolden(name: string, text: string): void {
  const file = join(FOLDER, `${name}.txt`);
  if (process.env['OOMPH_ACCEPT']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
  expect(existsSync(file)).toBe(true);
  expect(`${text}\n`).toBe(readFileSync(file, 'utf8'));
}
