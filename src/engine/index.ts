/** The only door of the engine. */
export * from './lib/hooks.ts';
export type { Rng } from './lib/rng.ts';
export type { ArchName, MachineConfig } from './machine.ts';
export * from './mm/gfp.ts';
export * from './mm/mmzone.ts';
export * from './mm/page.ts';
