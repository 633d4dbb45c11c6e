import { alpha } from './alpha.ts';
import type { Arch } from './arch.ts';
import { arm } from './arm.ts';
import { i386 } from './i386.ts';
import { i386_pae } from './i386_pae.ts';
import { ppc32 } from './ppc32.ts';
import { sparc64 } from './sparc64.ts';
import { x86_64 } from './x86_64.ts';

export type { Arch };
export const ARCHES = {
  i386,
  'i386-pae': i386_pae,
  x86_64,
  arm,
  ppc32,
  alpha,
  sparc64,
} as const satisfies Record<string, Arch>;
export type ArchName = keyof typeof ARCHES;
