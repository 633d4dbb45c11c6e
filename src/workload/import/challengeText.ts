/** How an imported challenge is written: the maps in flow style that people write, and comments beside what was inferred. */

/** A line of YAML, with what is to be said of it. */
export interface YamlLine {
  text: string;
  /** What was inferred rather than read. */
  inferred?: string;
}

/** Texts of the top of the file. */
export interface ChallengeHead {
  id: string;
  title: string;
  /** Paragraphs. */
  story: string[];
  /** Comment lines at the very top. */
  header: string[];
}

/** What an importer makes; what a run of it comes to is added by whoever can play it. */
export interface ImportedChallenge {
  head: ChallengeHead;
  machine: YamlLine[];
  workload: YamlLine[];
  goal: YamlLine[];
  /** Empty: no policy may decide. */
  hooks: string[];
  /** For people, on stderr. */
  notes: string[];
}

const WIDTH = 78;

export function wrapped(text: string, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** What a text of a log may hold without harm: printable ASCII. */
export const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');

/** A plain scalar where it can be one. */
export function yamlText(text: string): string {
  const plain = /^[A-Za-z0-9_./][A-Za-z0-9_./ +()-]*$/.test(text) && !/^[\d.+-]+$|\s$/.test(text);
  const word = /^(?:true|false|null|yes|no|on|off|~)$/i.test(text);
  return plain && !word ? text : JSON.stringify(text);
}

export const comment = (text: string): string[] => wrapped(printable(text)).map(line => `# ${line}`);

const lineText = ({ text, inferred }: YamlLine): string =>
  inferred === undefined ? text : `${text} # inferred: ${printable(inferred)}`;

/** @param more sections behind the goal, each a line */
export function challengeText(
  challenge: ImportedChallenge,
  measured: readonly string[],
  more: readonly YamlLine[],
): string {
  const { head, machine, workload, goal, hooks } = challenge;
  const story = head.story.flatMap((paragraph, i) => [
    ...(i > 0 ? [''] : []),
    ...wrapped(printable(paragraph), 76),
  ]);
  const lines = [
    ...head.header.flatMap(comment),
    ...measured.flatMap(comment),
    'challenge: 1',
    `id: ${head.id}`,
    `title: ${yamlText(printable(head.title).slice(0, 72).trim())}`,
    'story: |',
    ...story.map(line => (line === '' ? '' : `  ${line}`)),
    ...machine.map(lineText),
    ...workload.map(lineText),
    ...goal.map(lineText),
    ...more.map(lineText),
    ...(hooks.length > 0 ? [`policy: { hooks: [${hooks.join(', ')}] }`] : []),
    'seeds: [1] # inferred: nothing is drawn, so that another seed is the same run',
  ];
  return `${lines.join('\n')}\n`;
}

/** A name that YAML reads as a text: neither a number nor one of its words. */
export function plainName(name: string, noun: string): string {
  if (name === '') return noun;
  const isWord = /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return /^[A-Za-z_]/.test(name) && !isWord ? name : `${noun}-${name}`;
}

/** Names for tasks, each once, as `current->comm` would print them: at most 15 characters. */
export class TaskNames {
  private readonly taken = new Set<string>();

  name(wanted: string): string {
    const usable = printable(wanted)
      .replace(/^[^A-Za-z0-9_]+/, '')
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/-+$/, '');
    const base = plainName(usable, 'task').slice(0, 15);
    let name = base;
    for (let n = 2; this.taken.has(name); n++) {
      const tail = `.${n}`;
      name = base.slice(0, 15 - tail.length) + tail;
    }
    this.taken.add(name);
    return name;
  }
}

/** `kernel.log` becomes `imported/kernel`. */
export function idOf(file: string): string {
  const name = file.split(/[/\\]/).at(-1) ?? '';
  const slug = name
    .toLowerCase()
    .replace(/\.gz$/, '')
    .replace(/\.[a-z0-9]+$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return `imported/${slug === '' ? 'log' : slug}`;
}

/** Whole microseconds in the largest unit that keeps them whole. */
export function timeText(us: number): string {
  if (us > 0 && us % 1_000_000 === 0) return `${us / 1_000_000}s`;
  if (us > 0 && us % 1000 === 0) return `${us / 1000}ms`;
  return us === 0 ? '0s' : `${us}us`;
}

export function bytesText(bytes: number): string {
  for (const [unit, scale] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const)
    if (bytes > 0 && bytes % scale === 0) return `${bytes / scale}${unit}`;
  return `${bytes}B`;
}

/** `0 250 40*3`: how recorded lists are written. */
export function listText(values: readonly number[]): string {
  const words: string[] = [];
  for (let i = 0; i < values.length; ) {
    let n = 1;
    while (i + n < values.length && values[i + n] === values[i]) n++;
    // Two of the same are shorter as they are, unless they are long.
    if (n === 1 || (n === 2 && String(values[i]).length === 1))
      words.push(...values.slice(i, i + n).map(String));
    else words.push(`${values[i]}*${n}`);
    i += n;
  }
  return words.join(' ');
}

export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
