import { BadInput } from './exit.ts';

const MAX_SEEDS = 10_000;
const HOW = 'write --seed 7, --seeds 1,2,3 or --seeds 1-50';

/**
 * `7`, `1,2,3`, `1-50`, or a mixture.
 *
 * @throws BadInput
 */
export function parseSeeds(text: string): number[] {
  const seeds = new Set<number>();
  for (const part of text.split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (range === null) throw new BadInput(`${JSON.stringify(part)} is not a seed: ${HOW}`);
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) {
      throw new BadInput(`seed ${part} is too large: at most ${Number.MAX_SAFE_INTEGER}`);
    }
    if (last < first) throw new BadInput(`${part} goes backwards: ${HOW}`);
    if (last - first >= MAX_SEEDS)
      throw new BadInput(`${part} is more than ${MAX_SEEDS} seeds: ask for fewer`);
    for (let seed = first; seed <= last; seed++) seeds.add(seed);
  }
  if (seeds.size > MAX_SEEDS) throw new BadInput(`more than ${MAX_SEEDS} seeds: ask for fewer`);
  return [...seeds];
}
