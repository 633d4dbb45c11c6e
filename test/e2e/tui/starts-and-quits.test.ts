import { KEY } from '../terminal.ts';
import { startGame } from './game.ts';

test('starts, shows the list of challenges, quits with q and leaves the terminal clean', async () => {
  const game = startGame();
  await game.sees('challenges');
  await game.sees('A calm afternoon');
  expect(game.isClean()).toBe(false);
  game.type('q');
  expect((await game.end()).code).toBe(0);
  expect(game.isClean()).toBe(true);
  expect(game.text().trim()).toBe('');
});

test('a frame is told as one, for terminals that then show it whole', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  const frames = game.output.split('\x1b[?2026h').slice(1);
  expect(frames.length).toBeGreaterThan(0);
  // Whatever is written of the list is written within a frame.
  expect(game.output.indexOf('\x1b[?2026h')).toBeLessThan(game.output.indexOf('A calm afternoon'));
  for (const frame of frames) expect(frame).toContain('\x1b[?2026l');
  expect(frames.some(frame => frame.split('\x1b[?2026l')[0].includes('A calm afternoon'))).toBe(true);
});

test('Escape quits from the list, and steps back everywhere else', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  game.type(KEY.enter);
  await game.sees('Your policy');
  game.type(KEY.escape);
  await game.sees('challenges');
  game.type(KEY.escape);
  expect((await game.end()).code).toBe(0);
  expect(game.isClean()).toBe(true);
});
