import { definePolicy } from 'oomph';

export default definePolicy({
  // A single page can always be had, so what interrupts need is one of a page. What is larger comes early, and is packed well.
  slabOrder: request => (request.bytes <= 4096 ? 0 : Math.max(request.linux, 2)),
});
