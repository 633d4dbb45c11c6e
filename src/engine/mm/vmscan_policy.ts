/** What a policy decides in shrink_list(): what becomes of a page that reclaim looks at. */
import {
  HOOK_RECLAIM,
  RECLAIM_ACTIVATE,
  RECLAIM_KEEP,
  REQ_FLAGS,
  REQ_GFP,
  REQ_KSWAPD,
  REQ_MAPPED,
  REQ_PFN,
  REQ_PRIORITY,
  REQ_REFERENCED,
  REQ_ZONE,
} from '../lib/hooks.ts';
import { askPolicy, beginAsk, endAsk, inNobodysName } from './ask_policy.ts';
import { zoneOf } from './pgdat.ts';
import { RECLAIM_KSWAPD, type Vm } from './vm.ts';

/**
 * Ask about a page that was taken off the inactive list and locked, and is not being written.
 *
 * @param referenced whether it was used since it was last looked at
 * @param linux      what Linux does: a page in use that was referenced becomes active, a dirty one of the page cache that was
 *                   stays, the others are taken
 * @returns          RECLAIM_: take means to go on as with a page that was not used; what cannot be freed is kept anyway
 */
export function askReclaim(vm: Vm, pfn: number, gfp: number, referenced: boolean, linux: number): number {
  const m = vm.pgdat;
  beginAsk(m);
  const { request } = m;
  const byKswapd = vm.reclaim === RECLAIM_KSWAPD;
  if (byKswapd) inNobodysName(m);
  request[REQ_GFP] = gfp;
  request[REQ_ZONE] = zoneOf(m, pfn);
  request[REQ_PFN] = pfn;
  request[REQ_PRIORITY] = vm.priority;
  request[REQ_FLAGS] = vm.fields.flags[pfn];
  request[REQ_MAPPED] = vm.fields.pte[pfn] !== 0 ? 1 : 0;
  request[REQ_REFERENCED] = referenced ? 1 : 0;
  request[REQ_KSWAPD] = byKswapd ? 1 : 0;
  const verdict = askPolicy(
    m,
    HOOK_RECLAIM,
    linux,
    RECLAIM_KEEP,
    RECLAIM_ACTIVATE,
    'must be mem.RECLAIM_KEEP, mem.RECLAIM_TAKE, mem.RECLAIM_ACTIVATE or mem.AS_LINUX',
  );
  endAsk(m);
  return verdict;
}
