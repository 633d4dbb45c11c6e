import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { svgOf } from '../picture.ts';
import { Recording } from '../recording.ts';
import { CHALLENGES, KEY, PlayedTerminal, ROOT } from '../terminal.ts';
import { runStarving, startGame } from './game.ts';

const PICTURE_CHALLENGE = join(ROOT, 'test', 'fixtures', 'picture');
const LARGE = { columns: 112, rows: 32 };

/** `npm run pictures` writes them anew, to be looked at and committed. */
function keep(path: string, made: string, compared = true): void {
  const file = join(ROOT, 'docs', path);
  if (process.env['OOMPH_ACCEPT']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, made);
  }
  expect(existsSync(file)).toBe(true);
  if (compared)
    expect(made === readFileSync(file, 'utf8') ? 'the same' : `${path}: npm run pictures`).toBe('the same');
}

test('the picture in the README is what the game shows', async () => {
  const game = startGame(LARGE, '--challenges', PICTURE_CHALLENGE);
  await game.sees('A busy afternoon');
  game.type(KEY.enter);
  await game.sees('Your policy');
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  game.type('f');
  await game.sees(/55\.00 s/);
  game.type('f');
  await game.sees(/57\.50 s/);
  await game.sees('dvd: alloc_pages(GFP_ATOMIC|GFP_DMA, 10) = none');
  keep(
    'screenshot.svg',
    svgOf(game.cells(), 'oomph: the memory of a machine at the moment an allocation failed'),
  );
});

test('the campaign: the way through the chapters', async () => {
  const game = new PlayedTerminal(['play'], { columns: 120, rows: 40 });
  try {
    await game.sees('challenges');
    // A search shows all but the challenge of the day, whose picture would be old tomorrow.
    game.type('/a');
    await game.sees('/a');
    game.type(KEY.enter);
    await game.sees('enter open');
    expect(game.text()).toContain('1 Pages');
    // The campaign grows: what it shows is not compared, only that there is a picture of it.
    keep('pictures/campaign.svg', svgOf(game.cells(), 'oomph: the campaign, chapter by chapter'), false);
  } finally {
    await game.dispose();
  }
});

test('a session: a loss, its cause, and the result', async () => {
  const game = new PlayedTerminal(['play', '--challenges', CHALLENGES, 'zones/starving']);
  const session = new Recording();
  try {
    await game.sees('Your policy');
    session.take(game, 3);
    game.type(KEY.enter);
    await game.sees('buddyinfo');
    for (const event of ['62', '375', '750', '1,125', '1,500', '2,000']) {
      game.type(`:e${event}\r`);
      await game.sees(text => text.includes(`event ${event}/2,392`) && text.includes('space play'));
      session.take(game, 0.7);
    }
    game.type('f');
    await game.sees('= none');
    await game.sees('goal lost');
    session.take(game, 3);
    game.type('c');
    await game.sees('Want of pages');
    await game.sees('enter go there');
    session.take(game, 4);
    game.type('q');
    await game.sees('buddyinfo');
    game.type(KEY.enter);
    await game.sees('LOST');
    game.type('h');
    await game.sees('hint 1 of 3');
    session.take(game, 4);
    // What is played in the background shows on the result sooner or later: the last frame is not compared.
    const cast = session.asciicast('oomph: a challenge is lost, and why');
    expect(cast.split('\n').length).toBeGreaterThan(10);
    expect(cast).toContain('page allocation failure');
    keep('pictures/session.cast', cast, false);
    keep(
      'pictures/session.svg',
      session.svg('oomph, recorded: a challenge is lost, and the game tells why'),
      false,
    );
  } finally {
    await game.dispose();
  }
});

test('the result of a challenge that is won', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-play-'));
  const own = join(folder, 'oomph-policies', 'zones');
  mkdirSync(own, { recursive: true });
  const reference = join(ROOT, 'challenges', '02-zones', '01-the-sound-card', 'reference.ts');
  copyFileSync(reference, join(own, 'the-sound-card.ts'));
  const game = new PlayedTerminal(['play', 'zones/the-sound-card'], { ...LARGE, folder });
  try {
    await game.sees('Your policy');
    game.type(KEY.enter);
    await game.sees('buddyinfo');
    game.type(KEY.enter);
    await game.sees('WON');
    keep('pictures/result.svg', svgOf(game.cells(), 'oomph: a challenge is won, and how it stands'), false);
  } finally {
    await game.dispose();
  }
});

test('the cause of a failure', async () => {
  const game = startGame(LARGE);
  await runStarving(game);
  game.type('f');
  await game.sees('= none');
  game.type('c');
  await game.sees('Want of pages');
  await game.sees('enter go there');
  keep('pictures/cause.svg', svgOf(game.cells(), 'oomph: why an allocation failed, and who holds the pages'));
});
