import { definePolicy } from 'oomph';

/** Memory is short: so let everybody have the last page of it. */
export default definePolicy({
  watermark: () => 0,
});
