import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BadInput } from './exit.ts';
import { makePlace } from './makeFolder.ts';
import { unwritable } from './unwritable.ts';

/**
 * Why a file cannot be written there, found out before minutes are spent on what it would hold.
 *
 * @param option  how another place is named, for the message: `--record`
 * @throws BadInput
 */
export function checkWritable(path: string, force: boolean, option: string): void {
  telling(path, option, () => {
    checkPlace(path, force, option);
    if (isStream(path)) return;
    // What may be made where, only making something tells.
    const beside = besideOf(path);
    closeSync(openSync(beside, 'wx'));
    unlinkSync(beside);
  });
}

/** @throws BadInput  what the system says of it */
function telling(path: string, option: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof BadInput ? error : unwritable(path, error, `name another place with ${option}`);
  }
}

function checkPlace(path: string, force: boolean, option: string): void {
  if (path === '') throw new BadInput(`${option} names no file: write its name behind it`);
  const folder = dirname(path);
  const stat = statOf(folder);
  if (stat === undefined)
    throw new BadInput(`there is no folder ${folder}: make it, or name another place with ${option}`);
  if (!stat.isDirectory()) throw new BadInput(`${folder} is no folder: name another place with ${option}`);
  if (/[/\\]$/.test(path) || statOf(path)?.isDirectory()) {
    throw new BadInput(`${path} is a folder: name a file in it with ${option}`);
  }
  if (!force && existsSync(path) && !isStream(path)) throw isThere(path, option);
}

/** Undefined where nothing is, and where a folder on the way is a file. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** What is written into and never replaced: a terminal, a pipe, /dev/null, and /dev/stdout wherever it leads. */
function isStream(path: string): boolean {
  const stat = statOf(path);
  if (stat === undefined || stat.isDirectory()) return false;
  return !stat.isFile() || /^\/(?:dev\/(?:std|fd\/)|proc\/)/.test(resolve(path));
}

const besideOf = (path: string): string =>
  join(dirname(path), `.${basename(path).slice(0, 100)}.${process.pid}.part`);

/**
 * Write a file whole or not at all: beside its place, to the disk, then under its name.
 *
 * @throws BadInput  it is there and `force` is not set, or the system refuses
 */
export function writeWhole(path: string, bytes: Uint8Array, force: boolean, option: string): void {
  telling(path, option, () => {
    checkPlace(path, force, option);
    if (isStream(path)) writeTo(openSync(path, 'a'), bytes, false);
    else writeBeside(path, bytes, force, option);
  });
}

/** The same for a text, with the folder that it is to be in. @throws BadInput */
export function writeWithFolder(path: string, text: string, force: boolean, option: string): void {
  makePlace(dirname(path), path, option);
  writeWhole(path, new TextEncoder().encode(text), force, option);
}

function writeBeside(path: string, bytes: Uint8Array, force: boolean, option: string): void {
  // A link goes on leading where it led.
  const place = force && existsSync(path) ? realpathSync(path) : path;
  const beside = besideOf(place);
  try {
    writeTo(openSync(beside, 'wx'), bytes, true);
    if (force || !linked(beside, place, option)) renameSync(beside, place);
  } finally {
    if (existsSync(beside)) unlinkSync(beside);
  }
}

function writeTo(fd: number, bytes: Uint8Array, sync: boolean): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    if (sync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * A link, unlike a rename, never replaces what somebody else put there meanwhile.
 *
 * @returns false where the file system has no links
 */
function linked(from: string, to: string, option: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw isThere(to, option);
    return false;
  }
}

function isThere(path: string, option: string): BadInput {
  return new BadInput(
    `${path} is there already: give another name with ${option}, or --force to write over it`,
  );
}
