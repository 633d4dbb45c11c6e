/** The commands of the game in lines: what each is called, needs and does. */
import { epicText } from '../report/epicText.ts';
import { grouped } from './format.ts';
import { clean } from './linear.ts';
import type { LineGame } from './lineGame.ts';
import { TEXT_WIDTH } from './lineGame.ts';
import {
  addressesText,
  attemptsText,
  counted,
  goalsText,
  listText,
  logText,
  mapText,
  pageText,
  placeText,
  reclaimText,
  slabsText,
  stacksText,
  starsText,
} from './lineViews.ts';
import { entryOf, following, MAX_STARS, type Model, progressOf, recommended, seedOf } from './model.ts';
import { timeText } from './panes/attempts.ts';
import { briefingDocument } from './panes/briefing.ts';
import { compareDocument, partingEvent } from './panes/compare.ts';
import { resultDocument } from './panes/result.ts';
import { seekTarget } from './seekText.ts';

export interface LineCommand {
  name: string;
  /** Short forms. */
  short: readonly string[];
  /** Behind the name in the help. */
  argument: string;
  help: string;
  /** What must be there: a list always is. */
  needs: 'list' | 'challenge' | 'run';
  run(game: LineGame, argument: string): void | Promise<void>;
}

const command = (
  names: string,
  argument: string,
  needs: LineCommand['needs'],
  help: string,
  run: LineCommand['run'],
): LineCommand => {
  const [name, ...short] = names.split(' ');
  return { name, short, argument, help, needs, run };
};

const place = (game: LineGame): void => game.say(placeText(game.play));

/** A whole number above zero, 1 where nothing is written; -1: it is none. */
function count(game: LineGame, text: string): number {
  if (text === '') return 1;
  const number = Number(text.replace(/,/g, ''));
  if (Number.isInteger(number) && number > 0) return number;
  game.say(`${text} is no number of events: write one such as 1 or 250.\n`);
  return -1;
}

async function move(game: LineGame, to: number): Promise<void> {
  await game.perform({ kind: 'seek', op: to });
  place(game);
}

/** `next` by default, `back` for the one before. */
async function jump(game: LineGame, argument: string, keys: readonly [string, string]): Promise<void> {
  await game.key('run', argument.startsWith('b') || argument.startsWith('p') ? keys[1] : keys[0]);
  place(game);
}

/** Numbers of the challenges that a text means: their number, id, or what a search for it finds. */
function meant({ entries }: Model, text: string): number[] {
  const campaign = entries.flatMap((entry, i) => (entry.daily ? [] : [i]));
  if (/^\d+$/.test(text)) {
    const at = campaign[Number(text) - 1];
    return at === undefined ? [] : [at];
  }
  const exact = entries.findIndex(({ id, name, daily }) => !daily && (id === text || name === text));
  if (exact >= 0) return [exact];
  const wanted = text.toLowerCase();
  return campaign.filter(i => {
    const { id, plan } = entries[i];
    return `${id} ${plan?.title ?? ''}`.toLowerCase().includes(wanted);
  });
}

function open(game: LineGame, selected: number): void {
  const entry = game.model.entries[selected];
  const play = selected === game.model.selected ? game.model.play : null;
  game.model = { ...game.model, selected, play, screen: 'briefing', problem: null };
  if (entry.plan === null) {
    game.say(`${entry.id} cannot be played: its file ${entry.file} is at fault.\n`);
    for (const { line, message } of entry.diagnostics) game.say(`  line ${line}: ${message}\n`);
    return;
  }
  game.lookForPolicy();
  briefing(game);
}

function briefing(game: LineGame): void {
  const { model } = game;
  const { plan } = entryOf(model);
  game.say(briefingDocument(model, plan!, TEXT_WIDTH).toText());
  const { hints } = progressOf(model);
  plan!.hints.slice(0, hints).forEach((hint, i) => {
    game.say(`Hint ${i + 1}\n${hint.trim()}\n`);
  });
  if (hints > plan!.hints.length) game.say(`What the real kernel does\n${plan!.explanation.trim()}\n`);
  const more = plan!.hints.length > hints ? 'hint, ' : '';
  game.say(`\nSay ${more}policy, edit, run, list or help.\n`);
}

function openNamed(game: LineGame, text: string): void {
  if (text === '') {
    open(game, Math.max(0, recommended(game.model)));
    return;
  }
  const found = meant(game.model, text);
  if (found.length === 1) open(game, found[0]);
  else if (found.length === 0) game.say(`No challenge is called ${text}: list shows all of them.\n`);
  else {
    const names = found.map(i => `  ${game.model.entries[i].id}\n`);
    game.say(`${text} may be one of these:\n${names.join('')}`);
  }
}

async function run(game: LineGame): Promise<void> {
  await game.playAgain();
  if (game.model.play && game.model.screen !== 'problem') result(game);
}

function result(game: LineGame): void {
  const { model, play } = game;
  const { verdict } = play.prepared;
  const seeds = counted(verdict.seeds.length, 'seed');
  const lost = verdict.seeds.filter(({ outcome }) => outcome === 'lost').length;
  game.say(
    verdict.outcome === 'won'
      ? `You won with ${verdict.stars} of ${MAX_STARS} stars, on ${seeds}.\n`
      : `You lost, on ${grouped(lost)} of ${seeds}.\n`,
  );
  game.say(resultDocument({ ...model, record: null }, play, TEXT_WIDTH).toText());
  const say = verdict.outcome === 'won' ? 'next, compare' : 'cause, failure, hint, edit';
  game.say(`\nSay ${say}, list or help.\n`);
}

async function failure(game: LineGame, argument: string): Promise<void> {
  const { run: seen } = game.play;
  if (seen.tellingMark < 0) {
    game.say('Nothing went wrong in this run.\n');
    return;
  }
  // Behind the end there is none: begin with the one that tells most, as the result of the screen does.
  if (argument === '' && seen.done) await game.key('result', 'f');
  else await jump(game, argument, ['f', 'F']);
  if (argument === '' && seen.op === seen.marks.op[seen.tellingMark]) place(game);
}

async function cause(game: LineGame): Promise<void> {
  const { run: seen } = game.play;
  await game.key(seen.done ? 'result' : 'run', 'c');
  if (game.model.screen === 'cause') game.say(game.causeText());
}

async function compare(game: LineGame, name: string): Promise<void> {
  const names = await game.compareWith(name);
  const { notice, screen, compareView } = game.model;
  if (names.length === 0) game.say('There is nothing to compare with: write a policy first, with edit.\n');
  else if (screen !== 'compare' || compareView?.result == null) {
    game.say(notice ? `${notice.text}\n` : `There is no ${name} to compare with.\n`);
  } else {
    game.say(compareDocument(game.model, TEXT_WIDTH).toText());
    const event = partingEvent(compareView.result);
    if (event >= 0) game.say(`seek e${event} goes to where they part.\n`);
  }
  game.model = { ...game.model, screen: 'run', busy: null, notice: null };
  if (names.length > 0) game.say(`You can compare with: ${names.join(', ')}.\n`);
}

function policy(game: LineGame): void {
  game.lookForPolicy();
  const { policyExists, policyPath, plan } = entryOf(game.model);
  const hooks = plan!.policy.hooks.join(', ') || 'no hook';
  game.say(
    policyExists
      ? `Your policy is ${policyPath}.\n`
      : `You have no policy yet: Linux decides. edit starts ${policyPath}.\n`,
  );
  game.say(`It may decide: ${hooks}. After a change, run plays it.\n`);
}

async function seed(game: LineGame, text: string): Promise<void> {
  const { seeds } = entryOf(game.model).plan!;
  if (text === '') {
    game.say(`You watch seed ${seedOf(game.model)}; there are ${seeds.join(', ')}.\n`);
    return;
  }
  const index = seeds.indexOf(Number(text));
  if (index < 0) {
    game.say(`${text} is no seed of this challenge: there are ${seeds.join(', ')}.\n`);
    return;
  }
  await game.seed(index);
  game.say(`You watch seed ${seeds[index]} now.\n`);
}

function attempts(game: LineGame): void {
  const { model, services } = game;
  const record = {
    selected: model.selected,
    attempts: services.history.attempts(entryOf(model)),
    sticks: [],
    measuring: false,
  };
  game.model = { ...model, record };
  game.say(attemptsText(game.model, atMs => timeText(atMs, model.utcOffsetMinutes)));
  if (record.attempts.length > 0) game.say('restore 1 makes the policy of the first your policy again.\n');
}

function restore(game: LineGame, text: string): void {
  const attempt = game.services.history.attempts(entryOf(game.model))[Number(text) - 1];
  if (attempt === undefined) {
    game.say('Say which attempt, such as restore 1: attempts shows them.\n');
    return;
  }
  if (attempt.policyHash === null) {
    game.say('Linux played that one: there is no policy to restore.\n');
    return;
  }
  const entry = entryOf(game.model);
  const { problem, same, aside } = game.services.restore(entry, attempt.id);
  const path = game.services.policyPath(entry);
  if (problem !== '') game.say(`${problem}\n`);
  else if (same) game.say(`${path} is that policy already.\n`);
  else
    game.say(
      `${path} is that policy again${aside === '' ? '' : `; what was there is now ${aside}`}. run plays it.\n`,
    );
}

async function epic(game: LineGame): Promise<void> {
  game.lookForPolicy();
  if (!entryOf(game.model).policyExists) {
    game.say('An epic run plays all challenges with the policy of this one: edit starts it.\n');
    return;
  }
  await game.key('list', 'E');
  const { epic: report, screen, problem } = game.model;
  if (screen === 'epic' && report) game.say(epicText(report));
  else if (problem) game.say(`${problem.title}\n${problem.message}\n`);
}

async function replay(game: LineGame, code: string): Promise<void> {
  const opened = game.services.openReplay(code, game.model.entries);
  if (!opened.ok) {
    game.say(`${opened.problem}\n`);
    return;
  }
  game.model = { ...game.model, paste: { text: code, problem: '' } };
  await game.dispatch({ kind: 'code-opened', opened, run: opened.run.open(opened.seed) });
  game.say(`A replay of ${entryOf(game.model).id}: it counts for nothing.\n`);
  await game.tellRun();
  result(game);
}

export const COMMANDS: readonly LineCommand[] = [
  command('list ls l', '[WORDS]', 'list', 'the challenges, or those that WORDS find', (game, words) => {
    const search = words === '' ? null : { text: words, typing: false };
    game.say(listText({ ...game.model, search }));
    game.say('open and a number opens one of them.\n');
  }),
  command('open o', 'ID', 'list', 'a challenge, by its number, id or a part of its title', openNamed),
  command('next n', '', 'list', 'the next challenge that is not won', game =>
    open(game, following(game.model)),
  ),
  command('daily', '', 'list', 'the challenge of the day', game => {
    const daily = game.model.entries.findIndex(entry => entry.daily !== undefined);
    if (daily < 0) game.say('There is no daily run here.\n');
    else open(game, daily);
  }),
  command('stars', '', 'list', 'what you have won', game => game.say(starsText(game.model))),
  command('briefing b', '', 'challenge', 'the briefing of the challenge again', briefing),
  command('hint h', '', 'challenge', 'the next hint', game => game.key('result', 'h')),
  command('policy p', '', 'challenge', 'where your policy is, and what it may decide', policy),
  command('edit e', '', 'challenge', 'start your policy, and open your editor', game => game.edit()),
  command('run r', '', 'challenge', 'play your policy (without one: as Linux does)', run),
  command('result', '', 'run', 'what came of it', result),
  command('goals g', '', 'run', 'the goals where the run stands', game => game.say(goalsText(game.play))),
  command('where w', '', 'run', 'where the run stands, and what happened last', place),
  command('step s', '[N]', 'run', 'N events forward', async (game, text) => {
    const nr = count(game, text);
    if (nr < 0) return;
    if (game.play.run.done) game.say('The run is at its end: back, seek or failure go elsewhere.\n');
    await game.perform({ kind: 'step', nrOps: nr });
    place(game);
  }),
  command('back', '[N]', 'run', 'N events back', async (game, text) => {
    const nr = count(game, text);
    if (nr > 0) await move(game, Math.max(0, game.play.run.op - nr));
  }),
  command('seek', 'PLACE', 'run', 'go to 12.5s, 50%, e8213 (an event), start or end', async (game, text) => {
    const to = seekTarget(game.play.run, text);
    if (typeof to === 'number') await move(game, to);
    else game.say(`${to.replace(/^:/, '')}.\n`);
  }),
  command('failure f', '[back]', 'run', 'to the next failure, or to the one before', failure),
  command('mark', '[back]', 'run', 'to the next thing worth a look, or the one before', (game, text) =>
    jump(game, text, [']', '[']),
  ),
  command('lost', '', 'run', 'to where a goal is lost', game => jump(game, '', ['L', 'L'])),
  command('cause c', '', 'run', 'why it failed, here or before; at the end: why it was lost', cause),
  command('map m', '', 'run', 'memory zone by zone: what is free, what is in use', game =>
    game.say(mapText(game.play)),
  ),
  command('page', 'PFN', 'run', 'all that is known of a page frame, such as page 0x01000', (game, text) => {
    const pfn = /^(0x)?[\da-f]+$/i.test(text) ? Number.parseInt(text.replace(/^0x/i, ''), 16) : -1;
    if (pfn < 0) game.say('Say which page frame, in hexadecimal: page 0x01000.\n');
    else game.say(pageText(game.model, game.play, pfn));
  }),
  command('slabs', '', 'run', 'the slab caches', game => game.say(slabsText(game.play))),
  command('stacks', '', 'run', 'the kernel stack of each CPU', game => game.say(stacksText(game.model))),
  command('addresses', '', 'run', 'vmalloc, kmap and kmap_atomic', game =>
    game.say(addressesText(game.play)),
  ),
  command('reclaim', '', 'run', 'page cache, kswapd, swap and disk', game =>
    game.say(reclaimText(game.model)),
  ),
  command('log', '[N]', 'run', 'the last 20 or N lines of the kernel', (game, text) => {
    const nr = text === '' ? 20 : count(game, text);
    if (nr > 0) game.say(logText(game.play, nr));
  }),
  command('compare', '[WITH]', 'run', 'with the run before, Linux, or another policy', compare),
  command('seed', '[N]', 'challenge', 'which seed you watch', seed),
  command('attempts a', '', 'challenge', 'the policies that you played', attempts),
  command('restore', 'N', 'challenge', 'the policy of an attempt again', restore),
  command('epic', '', 'challenge', 'all challenges with this policy', epic),
  command('code', '', 'run', 'this run as a replay code, to be sent to others', game => {
    const shared = game.play.prepared.share?.(game.play.run.seed);
    if (shared === undefined) game.say('This run cannot be shared.\n');
    else if (shared.problem !== '') game.say(`${shared.problem}\n`);
    else game.sayWhole(shared.code);
  }),
  command('replay', 'CODE', 'list', 'watch the run of a replay code', replay),
  command('help ?', '', 'list', 'these commands', game => game.say(helpText(false))),
  command('quit q exit', '', 'list', 'leave', () => {}),
];

export const commandNamed = (word: string): LineCommand | undefined => {
  const wanted = word.toLowerCase();
  return COMMANDS.find(({ name, short }) => name === wanted || short.includes(wanted));
};

/** @param names only the names, in one paragraph */
export function helpText(names: boolean): string {
  if (names) return `${COMMANDS.map(({ name }) => name).join(', ')}\n`;
  return COMMANDS.map(({ name, short, argument, help }) => {
    const head = argument === '' ? name : `${name} ${argument}`;
    return `${head}: ${help}${short.length > 0 ? ` (also ${short.join(', ')})` : ''}\n`;
  }).join('');
}

/** What a player sees first. */
export function greeting(model: Model): string {
  const entry = model.entries[model.selected];
  const title = entry?.plan?.title ?? entry?.id ?? '';
  return clean(`oomph, in lines. Say help for the commands, list for the challenges, quit to go.
The challenge that is open: ${title}
`);
}
