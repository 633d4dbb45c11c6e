import { definePolicy } from 'oomph';

export default definePolicy({
  /** The smallest slabs there can be: then no request fails. Nearly half of each session's two pages is nobody's. */
  slabOrder: request => (request.bytes <= 4096 ? 0 : request.linux),
});
