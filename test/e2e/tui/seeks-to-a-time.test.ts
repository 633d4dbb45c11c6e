import { KEY } from '../terminal.ts';
import { runStarving, startGame } from './game.ts';

test('types a time, an event and a share of the run, and is told what is none', async () => {
  const game = startGame();
  await runStarving(game);
  game.type(':12.5s');
  await game.sees(':12.5s');
  game.type(KEY.enter);
  await game.sees(/paused +\S+ +12\.[45]\d s/);
  game.type(`:e1000${KEY.enter}`);
  await game.sees('event 1,000/2,392');
  game.type(`:50%${KEY.enter}`);
  await game.sees(/paused +\S+ +(9\.9\d|10\.00) s/);
  game.type(`:tomorrow${KEY.enter}`);
  await game.sees(':tomorrow is no place in the run');
  game.type(':');
  await game.sees('esc cancel');
  game.type(`9${KEY.escape}`);
  await game.sees('space play');
});
