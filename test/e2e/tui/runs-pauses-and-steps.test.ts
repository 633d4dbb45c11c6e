import { KEY, type PlayedTerminal } from '../terminal.ts';
import { playStarving, runStarving, standAt, startGame } from './game.ts';

function opOf(game: PlayedTerminal): number {
  const found = /event ([\d,]+)\/2,392/.exec(game.rows()[1]);
  return found ? Number(found[1].replace(/,/g, '')) : -1;
}

test('runs as Linux does, pauses, steps on and back, and goes on', async () => {
  const game = startGame();
  await playStarving(game);
  await game.sees(() => opOf(game) > 20);
  game.type(' ');
  await game.sees('paused');
  const op = opOf(game);
  expect(game.text()).toMatch(/DMA\s+[\d,]+ +64 +128/);
  game.type('.');
  await game.sees(() => opOf(game) === op + 1);
  // Standing still, the log says what that operation did.
  await game.sees(/(editor|grabber): (alloc_pages|__free_pages)\(/);
  game.type(KEY.right);
  await game.sees(() => opOf(game) === op + 2);
  game.type(',');
  await game.sees(() => opOf(game) === op + 1);
  game.type(KEY.left);
  await game.sees(() => opOf(game) === op);
  game.type(' ');
  await game.sees(() => opOf(game) > op + 5);
});

test('changes the speed, restarts, and shows the log in the place of the map', async () => {
  const game = startGame();
  await runStarving(game);
  await game.sees('×1 ');
  game.type('+++');
  await game.sees('×8 ');
  game.type('-');
  await game.sees('×4 ');
  // Slow enough to be seen near the start before it is somewhere else.
  game.type('----');
  await game.sees('1/4 ');
  game.type(' ');
  await game.sees(() => opOf(game) > 5);
  await standAt(game, 2000);
  game.type('r');
  await game.sees(text => opOf(game) < 1500 && text.includes('playing') && text.includes('1/4 '));
  game.type(KEY.tab);
  await game.sees(text => !text.includes('memory'));
  game.type(KEY.tab);
  await game.sees('memory');
});

test('jumps to a failed allocation, to the end, and sees the result', async () => {
  const game = startGame();
  await playStarving(game);
  game.type('f');
  await game.sees('grabber: page allocation failure. order:9, mode:0x21');
  await game.sees('grabber: alloc_pages(GFP_ATOMIC|GFP_DMA, 9) = none');
  expect(game.rows()[1]).toContain('╳');
  game.type(KEY.end);
  await game.sees('at end');
  await game.sees(/43 +lost at /);
  game.type(KEY.enter);
  await game.sees('LOST');
  await game.sees('2 of 2 seeds lost');
  await game.sees('see the machine at the first failure');
  game.type('G');
  await game.sees('The same outside the game');
  game.type('q');
  await game.sees('Your policy');
});

test('plays a won challenge to its end by itself', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  game.type(KEY.enter);
  await game.sees('Your policy');
  game.type(' ');
  await game.sees('buddyinfo');
  game.type('+++++++');
  await game.sees('WON');
  await game.sees('★★★');
  await game.sees('Most afternoons are like this.');
  game.type('qq');
  await game.sees('▸ ★★★ A calm afternoon');
  expect(game.rows()[0]).toContain('1 of 2 won');
});
