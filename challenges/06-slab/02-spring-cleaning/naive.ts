import { definePolicy } from 'oomph';

/** What is free goes back. The busy caches make new slabs at once, and that over and over. */
export default definePolicy({
  slabReap: request => request.free,
});
