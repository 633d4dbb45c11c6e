import { join } from 'node:path';
import { KEY, ROOT } from '../terminal.ts';
import { standAt, startGame } from './game.ts';

const MACHINE = join(ROOT, 'test', 'fixtures', 'machine');
/** Everything is in use there. */
const EVENT = 12_000;

async function runBusy(columns: number, rows: number) {
  const game = startGame({ columns, rows }, '--challenges', MACHINE);
  await game.sees('Everything at once');
  game.type(KEY.enter);
  await game.sees('Your policy');
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  await standAt(game, EVENT);
  return game;
}

test('goes from pane to pane: slabs, addresses, stacks, reclaim, and round', async () => {
  const game = await runBusy(80, 24);
  game.type('v');
  await game.sees(/cache +bytes +in use objects +full partial empty +pages/);
  await game.sees(/size-4096 +4096 +\d+ +\d+ +\d+ +\d+ +\d+ +\d+/);
  game.type('v');
  await game.sees(/vmalloc \d areas?, [\d.]+ KiB of 944 MiB, longest hole/);
  await game.sees(/kmap \d+ of 1,024 slots in use/);
  game.type('v');
  await game.sees(/CPU 1 .* bytes left of 4,048/);
  await game.sees('cpu_idle');
  game.type('v');
  await game.sees(/kswapd +(asleep|awake)/);
  game.type('v');
  await game.sees(/HighMem +[\d,]+ +32 +64/);
  game.type('V');
  await game.sees(/kswapd +(asleep|awake)/);
});

test('at 200x50 they stand beside each other', async () => {
  const game = await runBusy(200, 50);
  await game.sees(/cache +in use +full partial empty +pages/);
  await game.sees(/kmap_atomic 14 for each CPU/);
  await game.sees(/CPU 0 \S/);
  await game.sees(/kswapd +(asleep|awake)/);
});
