import { definePolicy } from 'oomph';

/** Marks as close to the floods and to what logd must be given as they can be. */
export default definePolicy({
  watermark: request => (request.context ? 0 : request.gfp & 16 ? 390 : 1420),
});
