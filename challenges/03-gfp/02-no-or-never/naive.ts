import { definePolicy } from 'oomph';

/** Nobody shall ever hear a no. */
export default definePolicy({
  gfp: (request, mem) => request.gfp | mem.__GFP_NOFAIL,
});
