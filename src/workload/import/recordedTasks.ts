/** A recording as tasks of a challenge: every request at its time, or the same demand by its statistics. */
import {
  bytesText,
  counted,
  listText,
  plainName,
  TaskNames,
  timeText,
  type YamlLine,
} from './challengeText.ts';
import { maskText } from './gfpWords.ts';
import { MAX_RECORDS, type Recording, type RequestClass, TIMES_KEPT } from './recording.ts';

export interface RecordedTasks {
  lengthUs: number;
  caches: YamlLine[];
  tasks: YamlLine[];
  /** Allocations that are in the tasks. */
  nrAllocs: number;
  /** Of the recording; fewer where the rest is cut. */
  whole: boolean;
  /** Some task can fail rather than wait, by its name. */
  notes: string[];
}

/** Characters of task lines at most: 1 MiB less the rest of the file. */
const MAX_CHARACTERS = 980_000;
const MAX_TASKS = 900;
/** Kinds of requests that have tasks of their own in an exact workload. */
const OWN_CLASSES = 600;
const OTHERS = 'others';
const MAX_CACHES = 90;
/** Allocations of a fitted workload at most: some seconds of playing. */
const FIT_ALLOCS = 200_000;
/** Tasks of a fitted workload that stand for themselves. */
const FIT_TASKS = 60;
/** Names of the caches that every kernel here has. */
const OWN_CACHE = /^(?:size-|kmem_cache$|array_cache$)/;
const MAX_OBJECT = 131_072;
/** Behind the last event, so that what it leaves can be looked at. */
const TAIL_US = 1000;

/** Caches of the log, by their names in the challenge. */
class Caches {
  readonly lines: YamlLine[] = [];
  private readonly names = new Map<string, string>();
  private readonly taken = new Set<string>();

  /** @returns the name; '' where there are too many of them, or an object would be no object */
  name(cache: string, bytes: number): string {
    const known = this.names.get(cache);
    if (known !== undefined) return known;
    if (this.names.size >= MAX_CACHES || bytes > MAX_OBJECT) return '';
    const base = plainName(cache.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[^A-Za-z0-9_]+/, ''), 'cache');
    let name = (OWN_CACHE.test(base) ? `log-${base}` : base).slice(0, 20);
    for (let n = 2; this.taken.has(name); n++) name = `${base.slice(0, 16)}.${n}`;
    this.taken.add(name);
    this.names.set(cache, name);
    // An object has at least a machine word.
    this.lines.push({ text: `    - { name: ${name}, size: ${Math.max(8, bytes)}B }` });
    return name;
  }
}

interface StepNames {
  take: string;
  give: string;
}

/** The steps of a class, less the time between them. @param amount `order: 3`, `size: 64B`; of a cache nothing */
function steps(of: RequestClass, caches: Caches, amount: string, bytes: number): StepNames {
  const gfp = maskText(of.mask);
  if (of.what === 'pages')
    return { take: `{ alloc_pages: { as: it, ${amount}, gfp: ${gfp} } }`, give: '{ free_pages: it }' };
  if (of.what === 'buffer')
    return { take: `{ buffer: { as: it, ${amount}, gfp: ${gfp} } }`, give: '{ free_buffer: it }' };
  const cache = of.what === 'cache' ? caches.name(of.cache, bytes) : '';
  if (cache !== '')
    return {
      take: `{ kmem_cache_alloc: { as: it, cache: ${cache}, gfp: ${gfp} } }`,
      give: '{ kmem_cache_free: it }',
    };
  return { take: `{ kmalloc: { as: it, ${amount}, gfp: ${gfp} } }`, give: '{ kfree: it }' };
}

const maskNote = (of: RequestClass): string[] => {
  if (of.before) return ['held before the log began: who asked for it, and how, is not in it'];
  const lost = [...new Set(of.lost)];
  return lost.length > 0 ? [`from ${of.gfp}: 2.6.0 has no ${lost.join(', ')}`] : [];
};

/** Times of operations as whole microseconds, none twice: in the order of the log. */
function wholeTimes(recording: Recording, nrOps: number): { us: Float64Array; stretchedUs: number } {
  const us = new Float64Array(nrOps);
  let last = 0;
  let most = 0;
  for (let i = 0; i < nrOps; i++) {
    last = Math.max(last + 1, Math.round(recording.opTimes[i]));
    us[i] = last;
    most = Math.max(most, last - recording.opTimes[i]);
  }
  return { us, stretchedUs: Math.round(most) };
}

interface Row {
  at: number;
  holdUs: number;
  amount: number;
}

/** Each class, or of the rare ones beyond OWN_CLASSES what is common to them. */
function standingClasses(recording: Recording, nrRecords: number): RequestClass[] {
  const counts = new Int32Array(recording.classes.length);
  for (let i = 0; i < nrRecords; i++) counts[recording.classOf[i]]++;
  const ranks = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const own = new Set(ranks.slice(0, OWN_CLASSES));
  return recording.classes.map((of, number) =>
    own.has(number) || of.before
      ? of
      : { ...of, what: of.what === 'cache' ? 'kmalloc' : of.what, who: OTHERS, cache: '', gfp: '', lost: [] },
  );
}

/** @param limit records that are taken; those behind are cut */
function exactTasks(recording: Recording, limit: number, withCpu: boolean): RecordedTasks | null {
  const nrRecords = Math.min(limit, recording.nrRecords);
  let nrOps = 0;
  for (let i = 0; i < nrRecords; i++) nrOps = Math.max(nrOps, recording.beginOf[i] + 1);
  if (nrRecords === recording.nrRecords) nrOps = recording.nrOps;
  const { us, stretchedUs } = wholeTimes(recording, nrOps);
  const lengthUs = (nrOps > 0 ? us[nrOps - 1] : 0) + TAIL_US;
  const standing = standingClasses(recording, nrRecords);
  const groups = new Map<string, { of: RequestClass; cpu: number; rows: Row[] }>();
  for (let i = 0; i < nrRecords; i++) {
    const of = standing[recording.classOf[i]];
    const cpu = withCpu ? recording.cpuOf[i] : -1;
    // A cache has objects of one size: another size is another class here.
    const key =
      of.who === OTHERS ? `${of.what} ${of.mask} ${of.context} ${cpu}` : `${recording.classOf[i]} ${cpu}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { of, cpu, rows: [] };
      groups.set(key, group);
    }
    const begin = recording.beginOf[i];
    const end = recording.endOf[i];
    const at = begin < 0 ? 0 : us[begin];
    const holdUs = end < 0 || end >= nrOps ? lengthUs : us[end] - at;
    group.rows.push({ at, holdUs, amount: recording.amountOf[i] });
  }
  if (groups.size > MAX_TASKS) return null;
  const names = new TaskNames();
  const caches = new Caches();
  const tasks: YamlLine[] = [];
  let characters = 0;
  let held = 0;
  for (const { of, cpu, rows } of groups.values()) {
    const lines = exactTask(of, cpu, rows, lengthUs, names, caches);
    held += rows.filter(row => row.holdUs === lengthUs).length;
    for (const line of lines) characters += line.text.length + (line.inferred?.length ?? 0) + 12;
    tasks.push(...lines);
  }
  if (characters > MAX_CHARACTERS) return null;
  const notes: string[] = [];
  if (stretchedUs > 1)
    notes.push(
      `Times are whole microseconds and none is there twice, so that the order is that of the log: the latest is ${stretchedUs} us late.`,
    );
  const joined = standing.filter(of => of.who === OTHERS).length;
  if (joined > 0) notes.push(`${joined} rare kinds of requests are joined by mask: tasks others.`);
  if (held > 0) notes.push(`${counted(held, 'object')} held to the end: the log does not see the free.`);
  return {
    lengthUs,
    caches: caches.lines,
    tasks,
    nrAllocs: nrRecords,
    whole: nrRecords === recording.nrRecords,
    notes,
  };
}

function exactTask(
  of: RequestClass,
  cpu: number,
  rows: Row[],
  lengthUs: number,
  names: TaskNames,
  caches: Caches,
): YamlLine[] {
  rows.sort((a, b) => a.at - b.at);
  const gaps = listText(rows.map(({ at }, i) => at - (i === 0 ? 0 : rows[i - 1].at)));
  const amounts = rows.map(row => row.amount);
  const amount = `${of.what === 'pages' ? 'order' : 'size'}: ${amountText(of, amounts)}`;
  const { take, give } = steps(
    of,
    caches,
    amount,
    amounts.reduce((a, b) => Math.max(a, b)),
  );
  const holds = rows.map(row => row.holdUs);
  const never = holds.every(us => us === lengthUs);
  const hold = holds.every(us => us === holds[0]) ? timeText(holds[0]) : `{ in_turn: "${listText(holds)}" }`;
  return [
    ...taskHead(of, cpu, names),
    { text: `      arrive: { gaps: "${gaps}" }` },
    { text: '      run:' },
    { text: `        - ${take}` },
    ...(never ? [] : [{ text: `        - hold: ${hold}` }, { text: `        - ${give}` }]),
  ];
}

function taskHead(of: RequestClass, cpu: number, names: TaskNames): YamlLine[] {
  const inferred = maskNote(of);
  return [
    {
      text: `    - name: ${names.name(of.who)}`,
      ...(inferred.length > 0 ? { inferred: inferred.join('; ') } : {}),
    },
    ...(of.context === 'process' ? [] : [{ text: `      context: ${of.context}` }]),
    ...(cpu >= 0 ? [{ text: `      cpu: ${cpu}` }] : []),
    // Pages of unknown owners may be had in any state of the machine.
    ...(of.before ? [{ text: '      memalloc: true' }] : []),
  ];
}

function amountText(of: RequestClass, amounts: readonly number[]): string {
  const text = (value: number) => (of.what === 'pages' ? String(value) : bytesText(value));
  return amounts.every(value => value === amounts[0])
    ? text(amounts[0])
    : `{ in_turn: "${listText(amounts)}" }`;
}

/**
 * Every request at its time.
 *
 * @param mayCut  take as many as a challenge file holds, from the start
 * @returns       null: it does not fit
 */
export function exactWorkload(recording: Recording, cpus: number, mayCut: boolean): RecordedTasks | null {
  if (!recording.whole && !mayCut) return null;
  for (let limit = MAX_RECORDS; limit >= 1; limit = Math.floor(limit * 0.8)) {
    const least = Math.min(limit, recording.nrRecords);
    const made =
      (cpus > 1 ? exactTasks(recording, least, true) : null) ?? exactTasks(recording, least, false);
    if (made !== null) {
      if (!recording.whole) made.whole = false;
      return made;
    }
    if (!mayCut) return null;
    limit = Math.min(limit, least);
  }
  return null;
}

/** The same demand by its statistics. */
export function fittedWorkload(recording: Recording): RecordedTasks {
  const names = new TaskNames();
  const caches = new Caches();
  const spanUs = Math.max(1, Math.round(recording.lastUs));
  const share = Math.min(1, FIT_ALLOCS / Math.max(1, recording.nrAllocs));
  const lengthUs = Math.max(TAIL_US, Math.min(24 * 3_600_000_000, Math.ceil(spanUs * share)));
  const classes = recording.classes
    .filter(of => of.count > 0 && !of.before)
    .sort((a, b) => b.count - a.count);
  const own = classes.slice(0, FIT_TASKS);
  const others = new Map<string, RequestClass>();
  for (const of of classes.slice(FIT_TASKS)) merge(others, of);
  const tasks: YamlLine[] = [];
  let nrAllocs = 0;
  for (const of of [...own, ...others.values()]) {
    const lines = fittedTask(of, spanUs, lengthUs, names, caches);
    if (lines.length > 0) nrAllocs += Math.round((of.count * lengthUs) / spanUs);
    tasks.push(...lines);
  }
  const notes = [
    'Fitted: tasks by who asks and by mask, with the mean rate of each over the whole log, its mix of orders or sizes, and its lifetimes by powers of two. Bursts, and who waits for whom, are lost.',
    'Memory is empty at the start, where the machine of the log was in the middle of its work.',
  ];
  if (lengthUs < spanUs)
    notes.push(
      `The workload lasts ${timeText(lengthUs)} of the ${seconds(spanUs)} of the log, at the same rates: ${nrAllocs} of ${recording.nrAllocs} requests.`,
    );
  if (others.size > 0)
    notes.push(`${classes.length - FIT_TASKS} rare kinds of requests are joined by mask: tasks others.`);
  return { lengthUs, caches: caches.lines, tasks, nrAllocs, whole: lengthUs >= spanUs, notes };
}

export const seconds = (us: number): string =>
  `${Math.floor(us / 1e6)}.${String(Math.floor(us % 1e6)).padStart(6, '0')}s`;

function merge(others: Map<string, RequestClass>, of: RequestClass): void {
  const what = of.what === 'cache' ? 'kmalloc' : of.what;
  const key = `${what} ${of.mask}`;
  const into = others.get(key);
  if (into === undefined) {
    others.set(key, {
      ...of,
      what,
      who: OTHERS,
      cache: '',
      context: 'process',
      amounts: new Map(of.amounts),
      lives: of.lives.slice(),
      lifeSums: of.lifeSums.slice(),
      firstUs: [],
    });
    return;
  }
  into.count += of.count;
  into.freed += of.freed;
  into.livesFollowed += of.livesFollowed;
  into.live += of.live;
  of.lives.forEach((n, i) => {
    into.lives[i] += n;
    into.lifeSums[i] += of.lifeSums[i];
  });
  for (const [amount, n] of of.amounts) into.amounts.set(amount, (into.amounts.get(amount) ?? 0) + n);
}

function fittedTask(
  of: RequestClass,
  spanUs: number,
  lengthUs: number,
  names: TaskNames,
  caches: Caches,
): YamlLine[] {
  const arrive = arrivals(of, spanUs, lengthUs);
  if (arrive === null) return [];
  const amount = `${of.what === 'pages' ? 'order' : 'size'}: ${mix(of)}`;
  const bytes = of.what === 'pages' ? 0 : Math.max(...of.amounts.keys());
  const { take, give } = steps(of, caches, amount, bytes);
  const hold = lifetimes(of, lengthUs);
  return [
    ...taskHead(of, -1, names),
    ...(arrive.copies > 1 ? [{ text: `      count: ${arrive.copies}` }] : []),
    { text: `      arrive: ${arrive.text}`, inferred: arrive.inferred },
    { text: '      run:' },
    { text: `        - ${take}` },
    ...(hold === null
      ? []
      : [{ text: `        - hold: ${hold}`, inferred: 'lifetimes fitted' }, { text: `        - ${give}` }]),
  ];
}

function arrivals(
  of: RequestClass,
  spanUs: number,
  lengthUs: number,
): { text: string; copies: number; inferred: string } | null {
  if (of.count <= TIMES_KEPT && of.firstUs.length === of.count) {
    const times = of.firstUs.map(us => Math.round(us)).filter(us => us < lengthUs);
    if (times.length === 0) return null;
    const gaps = listText(times.map((us, i) => us - (i === 0 ? 0 : times[i - 1])));
    return { text: `{ gaps: "${gaps}" }`, copies: 1, inferred: 'as they came' };
  }
  // More than one in a microsecond is more than one task.
  const copies = Math.min(1000, Math.max(1, Math.ceil((of.count * 2) / spanUs)));
  const perSecond = (of.count * 1e6) / spanUs / copies;
  const text =
    perSecond >= 1
      ? `{ poisson: ${decimal(perSecond)}/s }`
      : `{ poisson: ${Math.max(0.1, Math.round(perSecond * 3600 * 10) / 10)}/h }`;
  return { text, copies, inferred: `${of.count} in ${seconds(spanUs)}` };
}

const decimal = (value: number): string => String(Math.round(value * 100) / 100);

/** Weights of a choice go to a million: larger counts are scaled, and none vanishes. */
function choice(entries: [text: string, weight: number][]): string {
  if (entries.length === 1) return entries[0][0];
  const most = entries.reduce((max, [, weight]) => Math.max(max, weight), 0);
  const scale = most > 1_000_000 ? most / 1_000_000 : 1;
  const words = entries.map(([text, weight]) => `${text}: ${Math.max(1, Math.round(weight / scale))}`);
  return `{ choice: { ${words.join(', ')} } }`;
}

function mix(of: RequestClass): string {
  const entries = [...of.amounts].sort(([a], [b]) => a - b);
  // 2.6.0 has orders up to 10.
  const capped = new Map<number, number>();
  for (const [amount, count] of entries) {
    const value = of.what === 'pages' ? Math.min(10, amount) : amount;
    capped.set(value, (capped.get(value) ?? 0) + count);
  }
  return choice([...capped].map(([value, n]) => [of.what === 'pages' ? String(value) : bytesText(value), n]));
}

/** @returns null: nothing of it was freed */
function lifetimes(of: RequestClass, lengthUs: number): string | null {
  const entries = new Map<number, number>();
  of.lives.forEach((count, i) => {
    if (count === 0) return;
    const us = Math.min(lengthUs, Math.max(1, Math.round(of.lifeSums[i] / count)));
    entries.set(us, (entries.get(us) ?? 0) + count);
  });
  if (entries.size === 0) return null;
  // What is not freed in the log, in proportion to those that were followed.
  const kept = of.count - of.failures - of.freed;
  const followed = of.freed > 0 ? of.livesFollowed / of.freed : 1;
  if (kept > 0)
    entries.set(lengthUs, (entries.get(lengthUs) ?? 0) + Math.max(1, Math.round(kept * followed)));
  return choice([...entries].sort(([a], [b]) => a - b).map(([us, n]) => [timeText(us), n]));
}
