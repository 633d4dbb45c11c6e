import { InvalidArgumentError } from 'commander';

/** A number of processes, seconds, as an option takes it. */
export function countOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
