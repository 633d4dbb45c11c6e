import { definePolicy } from 'oomph';

export default definePolicy({
  // Linux answers 0 where somebody used the free slabs since it looked. Where it would give back a fifth, nobody wants the rest.
  slabReap: request => (request.linux > 0 ? request.free : 0),
});
