import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHALLENGES, KEY, type PlayedTerminal } from '../terminal.ts';
import { editorThatWrites, openStarving, startGame } from './game.ts';

/** The starving card, as a challenge for numbers. */
function tunableChallenges(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-tunables-'));
  const text = readFileSync(join(CHALLENGES, 'zones', '01-starving', 'challenge.yaml'), 'utf8');
  mkdirSync(join(folder, '01-zones', '01-starving'), { recursive: true });
  const policy = 'policy: {form: tunables, hooks: [watermark]}';
  writeFileSync(
    join(folder, '01-zones', '01-starving', 'challenge.yaml'),
    text.replace(/^policy: .*$/m, policy),
  );
  return folder;
}

const WINNING = 'policy: 1\ntunables:\n  reserve.DMA: 4095\n';

const AS_LINUX = `import { definePolicy } from 'oomph';

export default definePolicy({ watermark: (request, mem) => mem.AS_LINUX });
`;

async function run(game: PlayedTerminal): Promise<void> {
  await game.sees('buddyinfo');
  game.type(KEY.enter);
}

test('a challenge of tunables is started, played and won with numbers', async () => {
  const folder = tunableChallenges();
  const { folder: editor, env } = editorThatWrites(WINNING);
  const game = startGame({ env }, '--challenges', folder);
  await openStarving(game);
  await game.sees('e starts oomph-policies/zones/starving.yaml');
  game.type('e');
  await run(game);
  await game.sees('WON');
  expect(game.text()).toContain('oomph-policies/zones/starving.yaml');
  expect(readFileSync(game.path('oomph-policies', 'zones', 'starving.yaml'), 'utf8')).toBe(WINNING);

  writeFileSync(game.path('oomph-policies', 'zones', 'starving.yaml'), WINNING.replace('DMA', 'DNA'));
  await game.sees('did you mean');
  expect(game.text()).toMatch(/starving\.yaml:3:3 /);
  expect(game.text()).toMatch(/▸ 3 │ {3}reserve\.DNA: 4095\n +│ {3}\^+/);
  for (const path of [folder, editor]) rmSync(path, { recursive: true });
});

test('code plays where tunables would do, and two policies at once are an error that names both', async () => {
  const folder = tunableChallenges();
  const game = startGame({}, '--challenges', folder);
  await openStarving(game);
  mkdirSync(game.path('oomph-policies', 'zones'), { recursive: true });
  writeFileSync(game.path('oomph-policies', 'zones', 'starving.js'), AS_LINUX);
  await run(game);
  await game.sees('LOST');
  expect(game.text()).toContain('oomph-policies/zones/starving.js');
  writeFileSync(game.path('oomph-policies', 'zones', 'starving.yaml'), WINNING);
  await game.sees('There are 2 policies for zones/starving');
  expect(game.text()).toMatch(
    /oomph-policies\/zones\/starving\.yaml and\s+oomph-policies\/zones\/starving\.js/,
  );
  rmSync(game.path('oomph-policies', 'zones', 'starving.js'));
  await run(game);
  await game.sees('WON');
  rmSync(folder, { recursive: true });
});
