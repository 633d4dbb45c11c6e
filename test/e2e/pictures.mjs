/** `npm run pictures`: play the game and write its pictures and the recorded session into docs, to be looked at and committed. */
import { spawnSync } from 'node:child_process';

const jest = ['node_modules/jest/bin/jest.js', 'test/e2e/tui/takes-its-picture.test.ts'];
const { status } = spawnSync(process.execPath, jest, {
  stdio: 'inherit',
  env: { ...process.env, OOMPH_ACCEPT: '1' },
});
process.exitCode = status ?? 1;
