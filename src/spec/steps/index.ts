/** Every step a task may take, one family a file. */
import { BUFFER_STEPS } from './buffers.ts';
import { CONTEXT_STEPS } from './context.ts';
import { FILE_STEPS } from './files.ts';
import { HIGHMEM_STEPS } from './highmem.ts';
import { MEMORY_STEPS } from './memory.ts';
import { PAGE_STEPS } from './pages.ts';
import type { StepReader } from './run.ts';
import { SLAB_STEPS } from './slab.ts';
import { VMALLOC_STEPS } from './vmalloc.ts';

export const STEPS: Readonly<Record<string, StepReader>> = {
  ...PAGE_STEPS,
  ...SLAB_STEPS,
  ...VMALLOC_STEPS,
  ...BUFFER_STEPS,
  ...HIGHMEM_STEPS,
  ...CONTEXT_STEPS,
  ...FILE_STEPS,
  ...MEMORY_STEPS,
};
