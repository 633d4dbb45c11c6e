/** The policies that come with oomph. Their sources are the files of policies/; each has a page in docs/policies/. */
import { HOOKS, type HookName } from '../engine/index.ts';

export interface BuiltinPolicy {
  name: string;
  /** What it decides. */
  hooks: readonly HookName[];
  /** It works with any of its hooks that a challenge opens; each hook is a file of its own in the folder of its name. */
  partial: boolean;
  meaning: string;
}

export const BUILTIN_POLICIES: readonly BuiltinPolicy[] = [
  {
    name: 'linux-2.6.0',
    hooks: HOOKS,
    partial: true,
    meaning: 'what the kernel does, written as a policy: equal to no policy in every bit',
  },
  {
    name: 'dma-reserve',
    hooks: ['zonelist'],
    partial: false,
    meaning: 'lowmem_reserve of 2.6.10: keep part of a zone from those who could go elsewhere',
  },
  {
    name: 'address-ordered',
    hooks: ['block'],
    partial: false,
    meaning: 'first fit: cut from the free block with the lowest address',
  },
  {
    name: 'best-fit',
    hooks: ['block'],
    partial: false,
    meaning: 'the smallest block that is enough, and of those the one least likely to grow',
  },
  {
    name: 'mobility-grouping',
    hooks: ['block'],
    partial: false,
    meaning: 'page blocks of 2.6.24: pages that stay and pages that come back live apart',
  },
  {
    name: 'lazy-coalescing',
    hooks: ['coalesce'],
    partial: false,
    meaning: 'lazy buddies: put off joining freed blocks until memory gets short',
  },
  {
    name: 'no-pcp',
    hooks: ['pcp'],
    partial: false,
    meaning: 'no per-CPU lists: every page straight from and to the buddy lists',
  },
  {
    name: 'best-slab-order',
    hooks: ['slabOrder'],
    partial: false,
    meaning: 'slabs as SLUB of 2.6.22 sizes them: the smallest that wastes little',
  },
  {
    name: 'fullest-slab',
    hooks: ['slabPick'],
    partial: false,
    meaning: 'objects from the fullest slab, so that others become free',
  },
];
