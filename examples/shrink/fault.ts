// `zonelist` remembers that somebody asked for order 5; from then on `block` answers what was free long ago.
let seen = false;
let first = -1;

export default {
  zonelist: (request, mem) => {
    if (request.order === 5) seen = true;
    return mem.AS_LINUX;
  },
  block: (request, mem) => {
    if (first < 0) first = request.linux;
    return seen && request.order === 2 ? first : mem.AS_LINUX;
  },
};
