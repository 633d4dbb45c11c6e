import { definePolicy } from 'oomph';

/** The largest burst may come at any moment, so room for it is kept all the time. The compilers pay for it all the time. */
export default definePolicy({
  watermark: request => (request.context === 0 ? 660 : 0),
});
