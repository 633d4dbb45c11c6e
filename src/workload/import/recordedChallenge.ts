/** A recording with the machine that it is played on, as a challenge. */
import { ARCHES, type ArchName } from '../../engine/index.ts';
import { bytesText, counted, type ImportedChallenge, type YamlLine } from './challengeText.ts';
import { waitsForEver } from './gfpWords.ts';
import { exactWorkload, fittedWorkload, type RecordedTasks, seconds } from './recordedTasks.ts';
import type { Recording } from './recording.ts';
import { ramFor } from './simMachine.ts';

export type Fidelity = 'auto' | 'exact' | 'fit';

export interface RecordedSource {
  recording: Recording;
  /** Bits of an address: 32, 64; 0 where none was seen. */
  bits: number;
  maxPfn: number;
  cpus: number;
  /** Requests of a process, not of a kernel. */
  userSpace: boolean;
  fidelity: Fidelity;
  id: string;
  title: string;
  story: string[];
  header: string[];
}

const MIB = 2 ** 20;

/** @returns null: nothing to play */
export function recordedChallenge(source: RecordedSource): ImportedChallenge | null {
  const { recording, fidelity } = source;
  const usedCpus = Math.min(8, Math.max(1, source.cpus));
  for (let i = 0; i < recording.nrRecords; i++)
    if (recording.cpuOf[i] >= usedCpus) recording.cpuOf[i] %= usedCpus;
  const exact = fidelity === 'fit' ? null : exactWorkload(recording, usedCpus, fidelity === 'exact');
  const made = exact ?? fittedWorkload(recording);
  if (made.tasks.length === 0) return null;
  const machine = machineFor(source, usedCpus);
  const header = [...source.header, ...fidelityNotes(source, exact, made)];
  const notes =
    exact === null && fidelity === 'auto'
      ? ['too much for a list of every request: fitted. --exact takes the first of them as they were']
      : [];
  const workload: YamlLine[] = [
    { text: 'workload:' },
    { text: `  length: ${made.lengthUs % 1000 === 0 ? `${made.lengthUs / 1000}ms` : `${made.lengthUs}us`}` },
    ...(made.caches.length > 0 ? [{ text: '  caches:' }, ...made.caches] : []),
    { text: '  tasks:' },
    ...made.tasks,
  ];
  return {
    head: { id: source.id, title: source.title, story: source.story, header },
    machine,
    workload,
    goal: goalLines(recording),
    hooks: [],
    notes,
  };
}

function fidelityNotes(source: RecordedSource, exact: RecordedTasks | null, made: RecordedTasks): string[] {
  const { recording } = source;
  const notes: string[] = [];
  if (exact?.whole) notes.push('Exact: every request of the log is here, in its order and at its time.');
  else if (exact !== null)
    notes.push(
      `Exact as far as it goes: the first ${exact.nrAllocs} of ${recording.nrAllocs + recording.heldBefore} requests, which is what a challenge file holds.`,
    );
  notes.push(...made.notes);
  if (recording.sampling > 0)
    notes.push(
      `So many objects were held at once that one of ${2 ** recording.sampling} was followed, chosen by its address: lifetimes are from those.`,
    );
  if (recording.heldBefore > 0)
    notes.push(
      exact === null
        ? `${counted(recording.heldBefore, 'block')} held before the log began: left out.`
        : `${counted(recording.heldBefore, 'block')} held before the log began: task earlier takes them at the start (inferred).`,
    );
  if (recording.unknownFrees > 0)
    notes.push(`${counted(recording.unknownFrees, 'free')} of what the log did not see allocated: left out.`);
  if (recording.lostFrees > 0)
    notes.push(
      `${counted(recording.lostFrees, 'object')} allocated again without a free: taken as freed right then.`,
    );
  if (recording.backwards > 0)
    notes.push(
      `${counted(recording.backwards, 'event')} with a clock that goes backwards: taken as at the time before.`,
    );
  const failures = recording.classes.reduce((sum, of) => sum + of.failures, 0);
  if (failures > 0)
    notes.push(
      `${counted(failures, 'request')} failed in the log: asked for here too, and given back at once where it is served.`,
    );
  return notes;
}

function archFor({ bits, maxPfn, userSpace }: RecordedSource): [ArchName, string] {
  if (userSpace) return ['i386', 'a process has no page allocator of its own: this one stands for it'];
  if (bits === 64) return ['x86_64', 'addresses of 64 bits'];
  if (bits === 32) return [maxPfn >= ARCHES.i386.maxPfn ? 'i386-pae' : 'i386', 'addresses of 32 bits'];
  return maxPfn < ARCHES.i386.normalEndPfn
    ? ['i386', 'no address tells']
    : ['x86_64', 'no address tells; memory beyond what i386 maps'];
}

function machineFor(source: RecordedSource, cpus: number): YamlLine[] {
  const { recording, maxPfn } = source;
  const [arch, why] = archFor(source);
  const { pageBytes, maxPfn: most } = ARCHES[arch];
  const slab = recording.classes.some(of => of.what !== 'pages' && of.count > 0);
  let held = 0;
  let objects = 0;
  for (const of of recording.classes) {
    const mean = of.amountSum / Math.max(1, of.count);
    // An object of kmalloc has the next power of two.
    if (of.what === 'pages') held += of.before ? of.amountSum : of.peak * mean;
    else objects += of.peak * mean * 2;
  }
  held = Math.ceil(held * 2 ** recording.sampling + (objects * 2 ** recording.sampling) / pageBytes);
  let ramPages = ramFor(2 * held, pageBytes);
  let inferred = `at least twice what is held at once (${held} pages), a power of two`;
  if (maxPfn >= 0) {
    const unit = (16 * MIB) / pageBytes;
    const upTo = Math.ceil((maxPfn + 1) / unit) * unit;
    ramPages = Math.max(upTo, unit);
    inferred = `the highest page frame of the log is ${maxPfn}`;
  }
  if (ramPages > most) {
    ramPages = Math.floor(most / 256) * 256;
    inferred += '; cut to what can be simulated';
  }
  return [
    { text: 'machine:' },
    { text: `  arch: ${arch}`, inferred: why },
    { text: `  ram: ${bytesText(ramPages * pageBytes)}`, inferred },
    ...(cpus > 1
      ? [
          {
            text: `  cpus: ${cpus}`,
            inferred:
              source.cpus > cpus
                ? `the log has ${source.cpus}: theirs are shared`
                : 'the highest that the log names',
          },
        ]
      : []),
    ...(slab ? [{ text: '  slab: true' }] : []),
  ];
}

/** What such requests can lose: those that may fail, else those that would wait. */
function goalLines(recording: Recording): YamlLine[] {
  let fails = false;
  let slab = false;
  for (const of of recording.classes) {
    if (of.count === 0 || of.before) continue;
    if (of.what === 'pages')
      for (const order of of.amounts.keys()) fails ||= !waitsForEver(of.mask, Math.min(order, 10), false);
    else slab = true;
  }
  const metric = slab ? 'slab.failures' : fails ? 'page_alloc.failures' : 'page_alloc.stalls';
  return [
    { text: 'goal:' },
    { text: `  - { metric: ${metric}, at_most: 0 }`, inferred: 'that all is served: the log knows no goal' },
  ];
}

export { seconds };
