import { definePolicy } from 'oomph';

/** Buffers above it waste most: kmalloc() would make 64 KiB of them. */
const LARGEST_THAT_FITS = 32768;

export default definePolicy({
  route: (request, mem) => (request.bytes > LARGEST_THAT_FITS ? mem.ROUTE_VMALLOC : mem.AS_LINUX),
});
