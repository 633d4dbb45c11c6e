import { KEY } from '../terminal.ts';
import { standAt, startGame } from './game.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole range is meant
const ASCII = /^[\x00-\x7f]*$/;

test.each([
  ['a locale without UTF-8', { LANG: 'C' }, []],
  ['--ascii', {}, ['--ascii']],
])('%s: every sign on every screen is ASCII', async (_name, env, args) => {
  const game = startGame({ env }, ...args);
  await game.sees('> --- A calm afternoon');
  expect(game.text()).toMatch(ASCII);
  game.type('G');
  await game.sees('> --- The card that starved');
  game.type(KEY.enter);
  await game.sees('Your policy');
  expect(game.text()).toMatch(ASCII);
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  await standAt(game, 300);
  expect(game.text()).toMatch(ASCII);
  expect(game.text()).toMatch(/U{4}/);
  game.type(KEY.enter);
  await game.sees('LOST');
  expect(game.text()).toMatch(ASCII);
  game.type('?');
  await game.sees('any key closes');
  expect(game.text()).toMatch(ASCII);
  game.type(KEY.ctrlC);
  await game.end();
  // Nothing but ASCII was ever sent.
  expect(game.output).toMatch(ASCII);
});
