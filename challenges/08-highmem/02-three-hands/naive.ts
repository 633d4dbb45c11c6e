import { definePolicy } from 'oomph';

/** All three are short, so all three are atomic. There are two slots. */
export default definePolicy({
  map: (request, mem) => (request.context === 0 ? mem.MAP_ATOMIC + mem.KM_USER0 : mem.AS_LINUX),
});
