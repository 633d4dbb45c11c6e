import { definePolicy } from 'oomph';

/** iptables in the challenge file, and its step that takes memory for the rules. */
const IPTABLES = 1;
const RULES = 0;

export default definePolicy({
  // Rules stay, so their page tables are paid for once, and they may lie in high memory. Counters and RPCs are gone at once.
  route: (request, mem) =>
    request.task === IPTABLES && request.site === RULES ? mem.ROUTE_VMALLOC : mem.AS_LINUX,
});
