import { definePolicy } from 'oomph';

/**
 * Believe the mask: GFP_ATOMIC is urgent, everybody else leaves it a large reserve. No packet is lost, but logd says
 * GFP_ATOMIC too: it lives in the reserve, and those who said honestly that they can wait do wait.
 */
export default definePolicy({
  watermark: (request, mem) => (request.gfp & mem.__GFP_HIGH ? 0 : 450),
});
