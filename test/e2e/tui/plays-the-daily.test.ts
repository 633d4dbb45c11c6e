import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CHALLENGES, KEY, ROOT } from '../terminal.ts';
import { startGame } from './game.ts';

/** No midnight comes between two games. */
const env = { NODE_OPTIONS: `--require "${join(__dirname, 'noon.cjs')}"` };
const LINE = /oomph [\w.]+ daily 2026-11-22, (buddy\/calm|zones\/starving), seed (\d+): (won|lost)/;

test('d opens the challenge of the day, its result has a line to share, and it is the same elsewhere', async () => {
  const game = startGame({ columns: 120, rows: 40, env });
  await game.sees('d daily run');
  expect(game.text()).toContain('Daily run 2026-11-22');
  game.type('d');
  await game.sees(/oomph +daily\/2026-11-22/);
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  game.type(KEY.enter);
  await game.sees(LINE);
  const [line] = LINE.exec(game.text())!;
  game.type(KEY.ctrlC);
  await game.end();

  const args = ['bin/oomph.js', 'play', '--challenges', CHALLENGES, '--daily', '--linear'];
  const { stdout, status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect(LINE.exec(stdout)?.[0]).toBe(line);
  expect(status).toBe(0);

  const again = startGame({ folder: game.folder, columns: 120, rows: 40, env });
  await again.sees('Daily run');
  again.type('d');
  await again.sees('Your policy');
  again.type('a');
  await again.sees('your attempts');
  expect(again.text()).toContain('daily run of 2026-11-22');
});

test('--daily opens it at once, and leaves no room for another challenge', async () => {
  const game = startGame({}, '--daily');
  await game.sees(/oomph +daily\/\d{4}-\d\d-\d\d/);
  game.type('qq');
  await game.end();
  const args = ['bin/oomph.js', 'play', 'zones/starving', '--challenges', CHALLENGES, '--daily'];
  const { stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  expect(stderr).toContain('--daily and zones/starving were both given');
  expect(status).toBe(2);
});
