/** Snapshots on the disk: written whole or not at all, and told when nothing asks for them. */
import { existsSync, readdirSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { SNAPSHOT_FOLDER, seedOfSnapshot, snapshotText } from '../../spec/snapshot.ts';
import { makeFolder } from '../makeFolder.ts';
import { writeWhole } from '../newFile.ts';
import { unwritable } from '../unwritable.ts';
import { type LoadedSpec, readSnapshots, snapshotFile, snapshotFolder } from './specs.ts';

/** Write what is new or other of one seed, beside what is kept already. */
export function keepSnapshots(
  { file, plan }: LoadedSpec,
  seed: number,
  written: Readonly<Record<string, string>>,
): void {
  if (Object.keys(written).length === 0) return;
  writeSnapshots(file, seed, { ...readSnapshots(file, seed), ...written }, keysOf(plan));
}

function writeSnapshots(
  file: string,
  seed: number,
  texts: Readonly<Record<string, string>>,
  order: readonly string[],
): void {
  const place = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length);
  const sorted = Object.entries(texts).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
  const folder = snapshotFolder(file);
  try {
    makeFolder(folder);
  } catch (error) {
    throw unwritable(folder, error, 'snapshots belong beside their spec');
  }
  const bytes = new TextEncoder().encode(snapshotText(Object.fromEntries(sorted)));
  writeWhole(snapshotFile(file, seed), bytes, true, 'another folder for the spec');
}

function keysOf(plan: LoadedSpec['plan']): string[] {
  return (plan?.test.expect ?? []).flatMap(one => ('key' in one ? [one.key] : []));
}

/** What nothing asks for of the snapshots of a spec: whole files, or keys in them. */
interface Stale {
  files: string[];
  keys: { seed: number; key: string }[];
}

function findStale({ file, plan }: LoadedSpec): Stale {
  const stale: Stale = { files: [], keys: [] };
  if (plan === null) return stale;
  const folder = snapshotFolder(file);
  const keys = keysOf(plan);
  for (const name of namesIn(folder)) {
    const seed = seedOfSnapshot(name);
    if (seed === null || !plan.seeds.includes(seed) || keys.length === 0) {
      stale.files.push(posix.join(folder, name));
      continue;
    }
    for (const key of Object.keys(readSnapshots(file, seed))) {
      if (!keys.includes(key)) stale.keys.push({ seed, key });
    }
  }
  return stale;
}

/** As the report tells them. */
export function staleOf(spec: LoadedSpec): string[] {
  const { files, keys } = findStale(spec);
  return [...files, ...keys.map(({ seed, key }) => `${snapshotFile(spec.file, seed)} (${key})`)].sort();
}

/** @returns what is gone, as staleOf() has it */
export function removeStale(spec: LoadedSpec): string[] {
  const removed = staleOf(spec);
  const { files, keys } = findStale(spec);
  for (const file of files) unlinkSync(file);
  for (const seed of new Set(keys.map(one => one.seed))) {
    const texts = readSnapshots(spec.file, seed);
    for (const one of keys) if (one.seed === seed) delete texts[one.key];
    if (Object.keys(texts).length > 0) writeSnapshots(spec.file, seed, texts, keysOf(spec.plan));
    else unlinkSync(snapshotFile(spec.file, seed));
  }
  const folder = snapshotFolder(spec.file);
  if (existsSync(folder) && namesIn(folder).length === 0) rmdirSync(folder);
  return removed;
}

/**
 * Remove the snapshots of specs that are no more.
 *
 * @returns the folders that are gone
 */
export function removeOrphans(specs: readonly LoadedSpec[]): string[] {
  const orphans = orphansOf(specs);
  for (const folder of orphans) {
    for (const name of readdirSync(folder)) unlinkSync(posix.join(folder, name));
    rmdirSync(folder);
  }
  return orphans;
}

/** Snapshots of specs that are no more, beside those that are; a folder that holds anything else is none. */
export function orphansOf(specs: readonly LoadedSpec[]): string[] {
  const orphans: string[] = [];
  for (const folder of new Set(specs.map(({ file }) => posix.dirname(file)))) {
    const snapshots = posix.join(folder, SNAPSHOT_FOLDER);
    for (const name of namesIn(snapshots)) {
      const left = posix.join(snapshots, name);
      if (!existsSync(posix.join(folder, name)) && isOurs(left)) orphans.push(left);
    }
  }
  return orphans.sort();
}

/** jest keeps its own snapshots in folders of the same name. */
function isOurs(folder: string): boolean {
  return statSync(folder).isDirectory() && readdirSync(folder).every(name => seedOfSnapshot(name) !== null);
}

function namesIn(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter(name => !name.startsWith('.'))
        .sort()
    : [];
}
