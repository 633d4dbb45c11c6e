import { rmSync } from 'node:fs';
import { KEY } from '../terminal.ts';
import { editorThatWrites, openStarving, startGame } from './game.ts';

test('a syntax error is shown with file, line and caret', async () => {
  const { folder, env } = editorThatWrites(
    "import { definePolicy } from 'oomph';\n\nexport default definePolicy({\n  zonelist: (request, mem) => mem.AS_LINUX +,\n});\n",
  );
  const game = startGame({ env });
  await openStarving(game);
  game.type('e');
  await game.sees('Your policy does not compile');
  await game.sees('starving.ts:4:');
  const rows = game.rows();
  const at = rows.findIndex(row => row.includes('zonelist: (request, mem) => mem.AS_LINUX +,'));
  expect(rows[at]).toMatch(/▸ 4 │/);
  expect(rows[at + 1]).toMatch(/│ +\^/);
  game.type('q');
  await game.sees(text => text.includes('Your policy') && !text.includes('does not compile'));
  rmSync(folder, { recursive: true });
});

test('a policy that throws is shown with its line; Linux decides in its place', async () => {
  const { folder, env } = editorThatWrites(
    "import { definePolicy } from 'oomph';\n\nexport default definePolicy({\n  zonelist: (request, mem) => {\n    throw new Error('no idea');\n  },\n});\n",
  );
  const game = startGame({ env });
  await openStarving(game);
  game.type('e');
  await game.sees('buddyinfo');
  game.type('g.');
  await game.sees(/policy fault: .*no idea \(starving\.ts:5, zonelist\)/);
  game.type(KEY.enter);
  await game.sees('LOST');
  await game.sees('Faults of the policy');
  await game.sees(/starving\.ts:5:/);
  // Without a key: the line at fault stands on the first page.
  await game.sees(text => text.includes('LOST') && text.includes("throw new Error('no idea');"));
  rmSync(folder, { recursive: true });
});

test('what the policy prints stands in the log at its time, and on the result', async () => {
  const { folder, env } = editorThatWrites(
    "import { definePolicy } from 'oomph';\n\nexport default definePolicy({\n  zonelist: (request, mem) => {\n    if (request.event === 3) console.log('order', request.order);\n    return mem.AS_LINUX;\n  },\n});\n",
  );
  const game = startGame({ env });
  await openStarving(game);
  game.type('e');
  await game.sees('buddyinfo');
  game.type('g...');
  await game.sees('event 2/2,392');
  expect(game.text()).not.toContain('policy:');
  game.type('.');
  await game.sees('policy: starving.ts:5: order 3');
  game.type(',');
  await game.sees(text => !text.includes('policy:'));
  game.type(KEY.enter);
  await game.sees('Console');
  rmSync(folder, { recursive: true });
});
