export default {
  zonelist(request, mem) {
    const process = mem.constructor.constructor('return process')();
    process.exit(0);
    return mem.NORMAL_ONLY;
  },
};
