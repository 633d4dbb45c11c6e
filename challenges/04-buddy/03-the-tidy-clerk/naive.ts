import { definePolicy } from 'oomph';

/** Never join: somebody will want a block of that order again. Nobody wants 200 of each, and no large block is left. */
export default definePolicy({
  coalesce: request => request.order,
});
