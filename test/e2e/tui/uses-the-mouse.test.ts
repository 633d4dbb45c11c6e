import { join } from 'node:path';
import { CHALLENGES, KEY, PlayedTerminal, ROOT } from '../terminal.ts';
import { runStarving, standAtStart, startGame } from './game.ts';

/** Where a text stands on the screen; the last place, for the challenge of the day may be the same as one below. */
function placeOf(game: PlayedTerminal, text: string): [x: number, y: number] {
  const y = game.rows().findLastIndex(row => row.includes(text));
  return [game.rows()[y].indexOf(text), y];
}

test('clicks choose a challenge, a time and a page; the wheel scrolls the log; M gives the mouse back', async () => {
  const game = startGame({}, '--mouse');
  await game.sees('The card that starved');
  expect(game.mouseIsOn).toBe(true);
  game.click(...placeOf(game, '☆☆☆ The card that starved'));
  await game.sees('▸ ☆☆☆ The card that starved');
  game.click(...placeOf(game, '☆☆☆ The card that starved'));
  await game.sees('Your policy');
  const [, top] = placeOf(game, 'A frame grabber');
  game.wheel(20, 10, false);
  await game.sees(() => !game.rows()[top].includes('A frame grabber'));
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  await standAtStart(game);
  // The bar has its head somewhere between the clock and the length: nine tenths of it is behind the first failure.
  const bar = game.rows()[1];
  const end = bar.indexOf('20 s  event');
  const start = bar.indexOf(' s ') + 3;
  game.click(start + Math.round((end - start) * 0.9), 1);
  await game.sees(/paused .* 1[678]\.\d\d s/);
  await game.sees(/grabber: page allocation failure/);
  game.wheel(40, 20, true);
  await game.sees('scrolled back');
  const row = game.rows().findIndex(text => /Normal 48 MiB/.test(text)) + 1;
  game.click(10, row);
  await game.sees('page 0x01');
  game.type('M');
  await game.sees("the mouse is the terminal's again");
  expect(game.mouseIsOn).toBe(false);
  game.type('M');
  await game.sees('the mouse is on');
  game.resize(60, 15);
  await game.sees('oomph needs 80x24');
  game.resize(100, 30);
  await game.sees('page 0x01');
  game.type('q');
  game.type(KEY.ctrlC);
  expect((await game.end()).code).toBe(0);
  expect(game.isClean()).toBe(true);
});

test('without --mouse the terminal keeps its mouse', async () => {
  const game = startGame();
  await runStarving(game);
  expect(game.output).not.toContain('[?1000h');
  game.type('M');
  await game.sees('the mouse is on');
  game.kill('SIGTERM');
  expect((await game.end()).code).toBe(143);
  expect(game.isClean()).toBe(true);
});

test.each([['SIGHUP', 129]])('%s leaves the mouse to the terminal', async (signal, code) => {
  const game = startGame({}, '--mouse');
  await game.sees('A calm afternoon');
  game.kill(signal);
  expect((await game.end()).code).toBe(code);
  expect(game.isClean()).toBe(true);
});

test('a crash leaves the mouse to the terminal', async () => {
  const bomb = 'process.on("SIGUSR2", () => { throw new Error("a bug of ours"); })';
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bomb)}` };
  const game = startGame({ env }, '--mouse');
  await game.sees('A calm afternoon');
  expect(game.mouseIsOn).toBe(true);
  game.kill('SIGUSR2');
  expect((await game.end()).code).toBe(3);
  expect(game.isClean()).toBe(true);
});

test('Ctrl-Z leaves the mouse to the shell, fg takes it again', async () => {
  const shell = new PlayedTerminal([], { command: ['bash', '--norc', '-i'], env: { PS1: 'prompt> ' } });
  try {
    await shell.sees('prompt>');
    const oomph = `'${process.execPath}' '${join(ROOT, 'bin', 'oomph.js')}'`;
    shell.type(`${oomph} play --mouse --challenges '${CHALLENGES}'\r`);
    await shell.sees('A calm afternoon');
    expect(shell.mouseIsOn).toBe(true);
    shell.type(KEY.ctrlZ);
    await shell.sees('Stopped');
    expect(shell.isClean()).toBe(true);
    shell.type('fg\r');
    await shell.sees('A calm afternoon');
    await shell.sees(() => shell.mouseIsOn);
    shell.type(KEY.ctrlC);
    await shell.sees(() => shell.isClean() && shell.text().trimEnd().endsWith('\nprompt>'));
  } finally {
    await shell.dispose();
  }
});
