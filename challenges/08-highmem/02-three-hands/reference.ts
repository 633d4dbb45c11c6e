import { definePolicy } from 'oomph';

/** Steps of cryptoloop that map, in their order: the table, the source, the destination. */
const TABLE = 4;
const SOURCE = 5;

export default definePolicy({
  map({ context, site }, mem) {
    if (context) return mem.AS_LINUX;
    // kmap() may sleep, so it comes before the others; and the table keeps its slot from block to block.
    if (site === TABLE) return mem.MAP_KMAP;
    return mem.MAP_ATOMIC + (site === SOURCE ? mem.KM_USER0 : mem.KM_USER1);
  },
});
