import { definePolicy } from 'oomph';

/** The network lacks free pages, so kswapd keeps twice as many. No frame is lost, and slapd lives in swap space. */
export default definePolicy({
  kswapd: request => 2 * request.linux,
});
