import { definePolicy } from 'oomph';

/** No lists, nothing stranded: fetch one page when it is wanted, give it back at once. Every page pays for the lock, twice. */
export default definePolicy({
  pcp(request) {
    if (request.refill) return request.count > 0 ? 0 : 1;
    return request.count;
  },
});
