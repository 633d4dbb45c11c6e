import type { Arch } from './arch.ts';
import { i386 } from './i386.ts';
import { x86_64 } from './x86_64.ts';

export type { Arch };
export const ARCHES = { i386, x86_64 } as const satisfies Record<string, Arch>;
export type ArchName = keyof typeof ARCHES;
