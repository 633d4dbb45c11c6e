import type { BenchTape } from './benchTapes.ts';

export const SLAB_TAPES: readonly BenchTape[] = [];
