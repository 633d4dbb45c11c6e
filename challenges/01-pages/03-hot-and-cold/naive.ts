import { definePolicy } from 'oomph';

/** Save the hot pages by giving them to nobody. */
export default definePolicy({
  gfp: (request, mem) => request.gfp | mem.__GFP_COLD,
});
