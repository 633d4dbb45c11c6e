/** What came of the run: verdict, goals, score against par and gold, every seed, and why it failed. */
import type { PolicyFault } from '../../contract/policy.ts';
import type { GoalResult, ScoreResult, SeedVerdict } from '../../contract/verdict.ts';
import { tellingFailure } from '../../harness/telling.ts';
import { cyclesLines } from '../../report/cyclesText.ts';
import { kernelNotes } from '../../report/kernelText.ts';
import { stackTable } from '../../report/stackTrace.ts';
import { Cells } from '../cells.ts';
import { Document, drawDocument, type Span, scrollEnd } from '../document.ts';
import { duration, metric, metricBeside, short, stamp } from '../format.ts';
import { type Look, lookOf } from '../look.ts';
import { entryOf, following, type Model, type Play, progressOf, seedOf } from '../model.ts';
import { sourceFrame } from './codeFrame.ts';
import { changePart } from './compare.ts';
import { starsText } from './header.ts';
import { bestText, isCompared, standingPart } from './standing.ts';

const SIDE_BY_SIDE = 140;
/** Lines of one failure report shown; the whole is in the kernel log. */
const REPORT_LINES = 24;
const FAULTS_SHOWN = 3;
const CONSOLE_LINES = 10;

function verdictLine(model: Model, play: Play, look: Look): Span[] {
  const { glyphs, theme } = look;
  const { verdict } = play.prepared;
  const won = verdict.outcome === 'won';
  const lost = verdict.seeds.filter(seed => seed.outcome === 'lost').length;
  const spans: Span[] = [
    { text: won ? 'WON ' : 'LOST ', style: won ? theme.good : theme.bad },
    { text: ` ${starsText(verdict.stars, glyphs)} `, style: theme.star },
  ];
  const nr = verdict.seeds.length;
  const seeds = nr === 1 ? `seed ${seedOf(model)}` : won ? `all ${nr} seeds` : `${lost} of ${nr} seeds lost`;
  spans.push({ text: ` ${seeds}`, style: theme.text });
  const by = play.prepared.policy?.path ?? "Linux's own way, no policy";
  const best = bestText(model, play);
  if (best !== '') spans.push({ text: `  ${best}`, style: theme.accent });
  spans.push({ text: `  ${by}`, style: theme.dim });
  return spans;
}

function goalLines(text: Document, goal: GoalResult): void {
  const { glyphs, theme } = text.look;
  const mark = goal.held
    ? { text: `  ${glyphs.held} `, style: theme.good }
    : { text: `  ${glyphs.lost} `, style: theme.bad };
  const value = metricBeside(goal.value, [goal.wanted], goal.unit);
  const when = goal.lostAtUs >= 0 ? `, lost at ${duration(goal.lostAtUs)}` : '';
  text.flow(`${goal.text}: ${value}${when}`, theme.text, mark);
}

/** `cycles   1.62M   par 1.9M   gold 1.5M   at par`, with a bar on which par and gold are marked. */
function scoreLines(text: Document, score: ScoreResult, won: boolean, bars: boolean): void {
  const { glyphs, theme } = text.look;
  if (!won) {
    text.line(
      { text: `  ${score.metric}  ${metric(score.value, score.unit)}`, style: theme.text },
      { text: '  counts once the goals are met', style: theme.dim },
    );
    return;
  }
  const as = score.reached === 'gold' ? theme.star : score.reached === 'par' ? theme.good : theme.warn;
  const word = { gold: 'gold', par: 'at par', none: 'not at par' }[score.reached];
  text.line(
    { text: `  ${score.metric}  `, style: theme.text },
    { text: metricBeside(score.value, [score.par, score.gold], score.unit), style: as },
    { text: `  ${word}`, style: as },
    {
      text: `   par ${metric(score.par, score.unit)}  gold ${metric(score.gold, score.unit)}`,
      style: theme.dim,
    },
  );
  if (!bars) return;
  const columns = Math.min(48, text.width - 6);
  const most = Math.max(score.value, score.par, score.gold, 1) * 1.05;
  const columnOf = (value: number): number =>
    Math.min(columns - 1, Math.max(0, Math.round((value / most) * (columns - 1))));
  const spans: Span[] = [{ text: '  ', style: theme.text }];
  for (let i = 0; i < columns; i++) {
    if (i === columnOf(score.gold)) spans.push({ text: 'G', style: theme.star });
    else if (i === columnOf(score.par)) spans.push({ text: 'P', style: theme.good });
    else if (i <= columnOf(score.value)) spans.push({ text: glyphs.barDone, style: as });
    else spans.push({ text: glyphs.barLeft, style: theme.progressLeft });
  }
  text.line(...spans);
}

function seedLines(text: Document, play: Play, shown: number): void {
  const { glyphs, theme } = text.look;
  const { seeds } = play.prepared.verdict;
  for (const seed of seeds) {
    const missed = seed.goals.filter(goal => !goal.held).length;
    const score = seed.score.map(axis => `${axis.metric} ${metric(axis.value, axis.unit)}`).join(', ');
    const won = seed.outcome === 'won';
    text.line(
      { text: seed.seed === shown ? `  ${glyphs.pointer} ` : '    ', style: theme.accent },
      { text: `seed ${String(seed.seed).padEnd(4)}`, style: seed.seed === shown ? theme.strong : theme.text },
      { text: won ? ' won  ' : ' lost ', style: won ? theme.good : theme.bad },
      { text: starsText(seed.stars, glyphs), style: theme.star },
      { text: missed > 0 ? `  ${missed} ${missed === 1 ? 'goal' : 'goals'} missed` : '', style: theme.warn },
      { text: `  ${score}`, style: theme.dim },
    );
  }
}

function goalsPart(text: Document, play: Play, seed: SeedVerdict, keys: boolean): void {
  const { seeds, outcome } = play.prepared.verdict;
  const lost = seeds.filter(other => other.outcome === 'lost');
  // All goals held above LOST: it is another seed that is lost.
  const elsewhere =
    outcome === 'lost' && seed.outcome === 'won'
      ? `, which is won; lost on ${seedNumbers(lost)}${keys ? ': s goes there' : ''}`
      : '';
  text.heading('Goals', seeds.length > 1 ? `on seed ${seed.seed}${elsewhere}` : '');
  for (const goal of seed.goals) goalLines(text, goal);
}

/** @param bars the axes as bars: not where the numbers stand on a line with others */
function scorePart(text: Document, play: Play, seed: SeedVerdict, bars: boolean): void {
  if (seed.score.length === 0) return;
  const { seeds, outcome, stars } = play.prepared.verdict;
  // The stars are those of the worst seed: gold here, and no third star, wants an explanation.
  const fewer = outcome === 'won' && stars < seed.stars ? '; the stars are those of the worst seed' : '';
  text.heading('Score', seeds.length > 1 ? `on seed ${seed.seed}${fewer}` : '');
  for (const score of seed.score) scoreLines(text, score, seed.outcome === 'won', bars);
}

/** What a policy that is too dear has to save. */
function cyclesPart(text: Document, seed: SeedVerdict): void {
  const lines = cyclesLines(seed, text.width - 2);
  if (lines.length === 0) return;
  text.heading('Where the cycles went', `on seed ${seed.seed}; all prices: docs/costs.md`);
  text.verbatim(lines);
}

function seedsPart(text: Document, play: Play, seed: SeedVerdict, keys: boolean): void {
  if (play.prepared.verdict.seeds.length > 1) {
    text.heading('Seeds', keys ? 's shows the next one' : '');
    seedLines(text, play, seed.seed);
  }
  text.heading('The same outside the game');
  text.command(seed.reproduce.replace(/^oomph(?= )/, play.prepared.called ?? 'oomph'), text.look.theme.dim);
}

/** Faults of one kind at one place are one, with how often they are among those recorded. */
function distinct(faults: readonly PolicyFault[]): { fault: PolicyFault; times: number }[] {
  const kinds = new Map<string, { fault: PolicyFault; times: number }>();
  for (const fault of faults) {
    const key = `${fault.file}:${fault.line}:${fault.column}:${fault.code}:${fault.message}`;
    const known = kinds.get(key);
    if (known) known.times++;
    else kinds.set(key, { fault, times: 1 });
  }
  return [...kinds.values()];
}

/** What the policy did wrong. */
function faultsPart(text: Document, play: Play, seed: SeedVerdict): void {
  const { look } = text;
  const { theme } = look;
  const indent = { text: '  ', style: theme.text };
  if (seed.nrFaults > 0) {
    text.heading('Faults of the policy', `${short(seed.nrFaults)} in all`);
    for (const { fault, times } of distinct(seed.faults).slice(0, FAULTS_SHOWN)) {
      const value = fault.value === '' ? '' : `: answered ${fault.value}`;
      const again = times > 1 ? `, and ${times - 1} times more` : '';
      const place = `${fault.file}:${fault.line}:${fault.column}, ${fault.hook}, event ${fault.event}${value}${again}`;
      text.flow(place, theme.bad, indent);
      text.flow(fault.message, theme.text, indent);
      const source = play.prepared.policy?.files.find(file => file.path === fault.file);
      if (source) text.code(sourceFrame(source.text, fault.line, fault.column, 1, text.width - 2, look));
    }
  }
}

function consolePart(text: Document, seed: SeedVerdict): void {
  if (seed.console.length > 0) {
    text.heading('Console', 'what the policy printed last');
    text.verbatim(seed.console.slice(-CONSOLE_LINES).map(line => `${line.file}:${line.line}  ${line.text}`));
  }
}

function failurePart(text: Document, seed: SeedVerdict, keys: boolean): void {
  const failure = tellingFailure(seed);
  if (!failure) return;
  const nr = seed.metrics['page_alloc.failures'] ?? seed.failures.length;
  const which =
    failure === seed.failures[0] ? 'First failed allocation' : `First failed allocation of ${failure.task}`;
  text.heading(which, `${short(nr)} in all${keys ? '; f goes there' : ''}`);
  const [first, ...rest] = failure.kernelLog;
  text.verbatim([`${stamp(failure.timeUs)} ${first}`, ...rest.slice(0, REPORT_LINES - 1)]);
}

/** The kernel's first report of a bug, and the calls of the stack that overflowed. */
function kernelPart(text: Document, seed: SeedVerdict): void {
  const { kernelReport, stackTrace } = seed;
  if (kernelReport !== undefined) {
    const nr = seed.metrics['kernel.bugs'] ?? 1;
    text.heading('First bug in the kernel', `${short(nr)} in all`);
    const [first, ...rest] = kernelReport.lines;
    text.verbatim([`${stamp(kernelReport.timeUs)} ${first}`, ...rest.slice(0, REPORT_LINES - 1)]);
  }
  const notes = kernelNotes(seed, text.width - 2);
  if (notes.length > 0) {
    if (kernelReport === undefined) text.heading('Bugs in the kernel');
    text.verbatim(notes, text.look.theme.warn);
  }
  if (stackTrace !== undefined) {
    text.heading('The stack that overflowed');
    text.verbatim(stackTable(stackTrace).slice(0, REPORT_LINES));
  }
}

const seedNumbers = (seeds: readonly SeedVerdict[]): string =>
  `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.map(({ seed }) => seed).join(', ')}`;

/** What keeps a run that was won from its next star; '' with all of them. */
function missingStar(play: Play): string {
  const { verdict } = play.prepared;
  const step = verdict.stars === 1 ? 'par' : 'gold';
  const missing = verdict.seeds.flatMap(({ score }) =>
    score.filter(({ reached }) => reached === 'none' || (step === 'gold' && reached === 'par')),
  );
  const axes = [...new Set(missing.map(({ metric }) => metric))].map(name => {
    const all = missing.filter(score => score.metric === name);
    const { better, unit, [step]: wanted } = all[0];
    const values = all.map(({ value }) => value);
    const worst = better === 'lower' ? Math.max(...values) : Math.min(...values);
    const sign = better === 'lower' ? 'at most' : 'at least';
    const there = verdict.seeds.filter(({ score }) =>
      score.some(axis => axis.metric === name && all.includes(axis)),
    );
    const where = there.length < verdict.seeds.length ? ` on ${seedNumbers(there)}` : '';
    return `${name} ${sign} ${metric(wanted, unit)} on every seed, it is ${metricBeside(worst, [wanted], unit)}${where}`;
  });
  return axes.length === 0 ? '' : `for the ${step === 'par' ? 'second' : 'third'} star: ${axes.join('; ')}`;
}

function nextPart(text: Document, model: Model, play: Play, seed: SeedVerdict): void {
  const { theme } = text.look;
  const entry = entryOf(model);
  const won = play.prepared.verdict.outcome === 'won';
  text.heading('Next');
  const item = (key: string, what: string): void => {
    text.flow(what, theme.text, { text: `  ${key}  `, style: theme.accent });
  };
  const missing = won ? missingStar(play) : '';
  if (won) {
    const next = following(model);
    const title = model.entries[next].plan?.title;
    if (next !== model.selected && title !== undefined) item('n', `on to: ${title}`);
  }
  const change = entry.policyExists ? 'change your policy' : 'write a policy';
  if (!won || missing !== '') item('e', `${change}${missing === '' ? '; saving it runs it' : ` ${missing}`}`);
  if (!won && seed.outcome === 'won' && model.keys) {
    const lost = play.prepared.verdict.seeds.filter(({ outcome }) => outcome === 'lost');
    item('s', `this seed is won: on to one that is lost, ${seedNumbers(lost)}`);
  }
  // Of a seed that is won there is nothing to explain, though some allocations may have failed.
  if (seed.outcome === 'lost' && play.run.tellingMark >= 0) item('c', 'why it failed');
  if (seed.failures.length > 0 && seed.outcome === 'lost')
    item('f', 'see the machine at the first failure; , and . step around it');
  if (!won && entry.plan && entry.plan.hints.length > 0) {
    const { hints } = progressOf(model);
    const all = entry.plan.hints.length;
    if (hints === 0) item('h', 'a hint');
    else if (hints < all) item('h', 'the next hint; those before stand on the briefing: q');
    else item('h', 'what the real kernel does; the hints stand on the briefing: q');
  }
}

/** Of a daily run, what to tell others. */
export function shareText(model: Model, play: Play): string {
  const { daily, plan } = entryOf(model);
  if (!daily || !plan) return '';
  const { outcome, stars, summary, policy } = play.prepared.verdict;
  const { glyphs } = lookOf(model);
  const scores =
    outcome === 'won' ? summary.map(axis => `, ${axis.metric} ${metric(axis.worst, axis.unit)}`) : [];
  const tokens = policy.info === null ? ', no policy' : `, ${policy.info.tokens} tokens`;
  const what = `${outcome} ${starsText(stars, glyphs)}${scores.join('')}${tokens}`;
  return `oomph ${daily.oomph} daily ${daily.date}, ${plan.id}, seed ${plan.seeds[0]}: ${what}`;
}

function sharePart(text: Document, model: Model, play: Play): void {
  const share = shareText(model, play);
  if (share === '') return;
  text.heading('To tell others');
  text.verbatim([share]);
}

function explanationPart(text: Document, model: Model): void {
  const { plan } = entryOf(model);
  if (!plan || plan.explanation.trim() === '') return;
  text.heading('What the real kernel does');
  text.flow(plan.explanation, text.look.theme.text, { text: '  ', style: 0 });
}

/** The verdict on the seed that is shown. */
export function shownSeed(model: Model, play: Play): SeedVerdict {
  const { seeds } = play.prepared.verdict;
  return seeds.find(seed => seed.seed === seedOf(model)) ?? seeds[0];
}

/** The whole result as one text: a loss leads with its cause and what to do, a win with its score. */
export function resultDocument(model: Model, play: Play, width: number, verbatimWidth = width): Document {
  const { left, right } = parts(model, play, width, false, verbatimWidth);
  left.append(right);
  return left;
}

function parts(
  model: Model,
  play: Play,
  width: number,
  beside: boolean,
  verbatimWidth = width,
): { left: Document; right: Document } {
  const look = lookOf(model);
  const seed = shownSeed(model, play);
  const left = new Document(width, look, verbatimWidth);
  const right = new Document(width, look, verbatimWidth);
  left.line(...verdictLine(model, play, look));
  goalsPart(left, play, seed, model.keys);
  // Where the policy was not heard, nothing below is of its making.
  if (seed.outcome === 'lost' && !beside) faultsPart(left, play, seed);
  changePart(left, model);
  if (seed.outcome === 'lost') {
    if (model.keys) nextPart(left, model, play, seed);
    if (beside) faultsPart(right, play, seed);
    consolePart(right, seed);
    cyclesPart(right, seed);
    kernelPart(right, seed);
    failurePart(right, seed, model.keys);
    sharePart(left, model, play);
    const numbers = beside ? left : right;
    scorePart(numbers, play, seed, false);
    standingPart(numbers, model, play);
    seedsPart(numbers, play, seed, model.keys);
  } else {
    scorePart(left, play, seed, model.keys && !isCompared(model));
    standingPart(left, model, play);
    if (model.keys) nextPart(left, model, play, seed);
    sharePart(left, model, play);
    cyclesPart(right, seed);
    explanationPart(right, model);
    seedsPart(beside ? left : right, play, seed, model.keys);
    faultsPart(right, play, seed);
    consolePart(right, seed);
    kernelPart(right, seed);
    failurePart(right, seed, model.keys);
  }
  return { left, right };
}

function documents(
  model: Model,
  play: Play,
  width: number,
): { left: Document; right: Document | null; columns: number } {
  if (width < SIDE_BY_SIDE) {
    const columns = Math.min(100, width - 4);
    return { left: resultDocument(model, play, columns), right: null, columns };
  }
  const columns = Math.floor((width - 8) / 2);
  return { ...parts(model, play, columns, true), columns };
}

export function resultScroll(model: Model, width: number, height: number): number {
  if (!model.play) return 0;
  const { left, right } = documents(model, model.play, width);
  return Math.max(scrollEnd(left, height - 2), right ? scrollEnd(right, height - 2) : 0);
}

export function result(model: Model, width: number, height: number): Cells {
  const cells = new Cells(width, height);
  if (!model.play) return cells;
  const { left, right, columns } = documents(model, model.play, width);
  const inner = { y: 1, width: columns, height: height - 2 };
  drawDocument(cells, { x: 2, ...inner }, left, model.scroll);
  if (right) drawDocument(cells, { x: columns + 6, ...inner }, right, model.scroll);
  return cells;
}
