import { definePolicy } from 'oomph';

/** The task that is through with its page before anything else can happen on its CPU. */
const GREP = 1;

export default definePolicy({
  map: ({ task }, mem) => (task === GREP ? mem.MAP_ATOMIC + mem.KM_USER0 : mem.AS_LINUX),
});
